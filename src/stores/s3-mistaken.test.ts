import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpDouble, httpDouble } from '../../test/support/http-double.ts';
import { IMPATIENT, oneFile, S3_SETTINGS, storedFile } from '../../test/support/one-file.ts';
import { s3Store } from './s3.ts';
import type { LeftoverStore } from './store.ts';

/** A server that is no object storage, or a broken one: it proves nothing, and nobody waits for it for ever. */

const file = storedFile('d', 'folder/name.pdf');
const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

const WHOLE = '<IsTruncated>false</IsTruncated>';
const listed = (what: string, xml: string) => `<List${what}Result>${xml}</List${what}Result>`;

describe('a server that is none', () => {
  let s3: HttpDouble;
  let store: ReturnType<typeof oneFile>;
  let impatient: LeftoverStore;
  beforeAll(async () => {
    s3 = await httpDouble(() => {});
    const patient = s3Store({ ...S3_SETTINGS, S3_ENDPOINT: s3.url });
    store = oneFile(patient);
    impatient = s3Store({ ...S3_SETTINGS, ...IMPATIENT, S3_ENDPOINT: s3.url });
    closing.push(patient.close!, impatient.close!, s3.close);
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

  it.each([
    ['a page of a console', '<!doctype html><html><body>Console</body></html>', 'no listing'],
    ['a page that is no XML', '<!doctype html><html><br><body>Console', 'unreadable'],
    ['a health page', 'OK', 'unreadable'],
    ['nothing', '', 'no listing'],
    ['the list of all buckets', listed('AllMyBuckets', '<Buckets/>'), 'no listing'],
    ['a listing cut short', listed('Bucket', '<Name>bucket</Name>'), 'no listing'],
    ['another bucket', listed('Bucket', `<Name>b</Name>${WHOLE}`), 'other bucket'],
  ])('proves nothing by %s with status 200', async (_what, body, code) => {
    s3.answer = (_, response) => response.writeHead(200).end(body);
    const expected = { name: 'StoreError', code, configuration: true, blames: 'store' };
    for (const more of [{}, { S3_PURGE: 'versions' }, { S3_SLASH_KEYS: 'prefix' }] as const) {
      const asked = s3Store({ ...S3_SETTINGS, ...more, S3_ENDPOINT: s3.url });
      closing.push(asked.close!);
      await expect(asked.check()).rejects.toMatchObject(expected);
      for (const key of ['folder/name.pdf', 'folder/']) {
        const [left] = await asked.remaining([storedFile('d', key)]);
        expect(left).toMatchObject(expected);
        expect(String(left)).toMatch(/S3_ENDPOINT answered 200 with .* see that/);
        expect(await asked.remove([storedFile('d', key)])).toMatchObject([expected]);
      }
    }
  });

  it('takes an access point at its word, which may have another name', async () => {
    s3.answer = (_, response) => response.end(listed('Bucket', `<Name>behind</Name>${WHOLE}`));
    const S3_BUCKET = 'point-abc-s3alias';
    const point = s3Store({ ...S3_SETTINGS, S3_BUCKET, S3_ENDPOINT: s3.url });
    closing.push(point.close!);
    expect(await point.remaining([file])).toEqual([0]);
  });

  it('gives up on a server that hangs', async () => {
    s3.answer = () => {};
    const expected = { timedOut: true, configuration: false };
    await expect(impatient.check()).rejects.toMatchObject(expected);
  });

  it('gives up on an error message that never ends', async () => {
    const timers: NodeJS.Timeout[] = [];
    s3.answer = (_, response) => {
      response.writeHead(403).write('<?xml version="1.0"?><Error>');
      timers.push(setInterval(() => response.write(' '), 100));
    };
    const files = Array.from({ length: 5 }, (_, nth) => storedFile(`d${nth}`, `k${nth}`));
    expect(await impatient.remaining(files)).toMatchObject(files.map(() => ({ timedOut: true })));
    for (const timer of timers) clearInterval(timer);
  });
});
