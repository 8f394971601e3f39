import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpDouble, httpDouble } from '../../test/support/http-double.ts';
import { s3Store } from './s3.ts';
import type { LeftoverStore } from './store.ts';

/** What a real small server cannot be made to do; the rest is tried against one in the flows. */

const file = { documentId: 'd', storageKey: 'folder/name.pdf' };
let s3: HttpDouble;
let store: LeftoverStore;

beforeAll(async () => {
  s3 = await httpDouble(() => {});
  store = s3Store({
    S3_ENDPOINT: s3.url,
    S3_BUCKET: 'bucket',
    S3_FORCE_PATH_STYLE: true,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: undefined,
    STORE_TIMEOUT_SECONDS: 1,
  });
});
afterAll(async () => {
  await store.close?.();
  await s3.close();
});

describe('object storage', () => {
  it('says that a versioned bucket only hides the object', async () => {
    s3.answer = ({ method }, response) => {
      const marker = method === 'DELETE' ? { 'x-amz-delete-marker': 'true' } : {};
      response.writeHead(method === 'DELETE' ? 204 : 200, marker).end();
    };
    expect(await store.remove(file)).toEqual({
      removed: 1,
      detail: 'the bucket is versioned: a delete marker hides the object',
    });
  });

  it.each([
    [301, true],
    [401, true],
    [403, true],
    [400, false],
    [500, false],
    [503, false],
  ])(
    'a read-back answered %i proves nothing; only a person can help: %s',
    async (status, configuration) => {
      s3.answer = (_, response) => response.writeHead(status).end();
      await expect(store.remaining(file)).rejects.toMatchObject({ code: status, configuration });
      await expect(store.remaining(file)).rejects.not.toThrow(/secret|name\.pdf/);
    },
  );

  it('takes a server that answers 404 to everything for a mistake', async () => {
    s3.answer = (_, response) => response.writeHead(404).end();
    const expected = { code: 'NoSuchBucket', configuration: true };
    await expect(store.remaining(file)).rejects.toMatchObject(expected);
  });

  it('gives up on a server that hangs', async () => {
    s3.answer = () => {};
    await expect(store.check()).rejects.toMatchObject({ timedOut: true, configuration: false });
  });

  it('gives up on an error message that never ends', async () => {
    const timers: NodeJS.Timeout[] = [];
    s3.answer = (_, response) => {
      if (response.req.method === 'HEAD') return response.writeHead(200).end();
      response.writeHead(403).write('<?xml version="1.0"?><Error>');
      timers.push(setInterval(() => response.write(' '), 100));
    };
    await expect(store.remove(file)).rejects.toMatchObject({ timedOut: true });
    for (const timer of timers) clearInterval(timer);
  });
});
