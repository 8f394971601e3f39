import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerJson, type HttpDouble, httpDouble } from '../../test/support/http-double.ts';
import { oneFile, storedFile } from '../../test/support/one-file.ts';
import { BUILT_IN_SETTINGS } from '../contracts/preferences.ts';
import { cmsStore } from './cms.ts';
import { type CmsClient, cmsClient } from './cms-client.ts';
import { StoreError } from './store-error.ts';

const ann = { company_id: 1, bot_id: 2, user_email: 'ann+x/y@example.com' };
const bob = { company_id: 1, bot_id: 2, user_email: 'bob@example.com' };
const byUser = { data: BUILT_IN_SETTINGS, cache_hit: false, fallback_applied: true };

let cms: HttpDouble;
let client: CmsClient;
let files: Set<string>;

beforeAll(async () => {
  cms = await httpDouble(() => {});
});
afterAll(() => cms.close());

beforeEach(() => {
  cms.asked.length = 0;
  files = new Set(['doc 1/ä']);
  client = clientOf();
  cms.answer = ({ method, path }, response) => {
    if (path.includes('/by-user/')) return answerJson(response, 200, byUser);
    const documentId = decodeURIComponent(path.replace('/api/files/', ''));
    if (!files.has(documentId)) return answerJson(response, 404, { error: {} });
    if (method === 'DELETE') {
      files.delete(documentId);
      return response.writeHead(204).end();
    }
    return answerJson(response, 200, { data: { documentId, storage_key: 'k', extra: 1 } });
  };
});

function clientOf(CMS_TIMEOUT_MS = 10_000): CmsClient {
  return cmsClient({ CMS_API_URL: `${cms.url}/`, CMS_API_TOKEN: 'secret', CMS_TIMEOUT_MS });
}

async function failureOf(promise: Promise<unknown>): Promise<StoreError> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  expect((error as StoreError).message).not.toMatch(/secret|@/);
  return error as StoreError;
}

describe('CMS client', () => {
  it('asks by user with the token and an escaped address', async () => {
    const answer = await client.preferencesByUser(ann);
    expect(answer).toEqual({ settings: BUILT_IN_SETTINGS, fallback: true });
    expect(cms.asked[0]).toMatchObject({
      path: '/api/user-notification-preferences/by-user/1/2/ann%2Bx%2Fy%40example.com',
      authorization: 'Bearer secret',
    });
  });

  it('reads bulk answers, leaves out null and misfits, and tells fallbacks', async () => {
    const key = '1:2:bob@example.com';
    const users = [ann, bob, { ...bob, bot_id: 3 }];
    cms.answer = (_, response) =>
      answerJson(response, 200, {
        data: {
          [key]: BUILT_IN_SETTINGS,
          '1:2:ann+x/y@example.com': null,
          '1:3:bob@example.com': { ...BUILT_IN_SETTINGS, batch_size_threshold: 0 },
        },
        missing_preferences: [key],
        processed_count: 3,
      });
    const answers = await client.preferencesBulk(users);
    expect([...answers]).toEqual([[key, { settings: BUILT_IN_SETTINGS, fallback: true }]]);
    expect(cms.asked[0]?.body).toEqual({ users });
  });

  it('reads, updates and deletes a file record', async () => {
    expect(await client.file('doc 1/ä')).toEqual({ documentId: 'doc 1/ä', storage_key: 'k' });
    expect(await client.updateFile('doc 1/ä', { notification_sent: true })).toBe('updated');
    expect(cms.asked[1]).toMatchObject({
      method: 'PUT',
      path: '/api/files/doc%201%2F%C3%A4',
      body: { data: { notification_sent: true } },
    });
    expect(await client.deleteFile('doc 1/ä')).toBe('deleted');
    expect(await client.deleteFile('doc 1/ä')).toBe('gone');
    expect(await client.updateFile('doc 1/ä', {})).toBe('gone');
    expect(await client.file('doc 1/ä')).toBeNull();
  });

  it('does not take the 404 of a wrong address for an absence', async () => {
    cms.answer = (_, response) => answerJson(response, 404, {});
    const questions = [
      () => client.file('x'),
      () => client.deleteFile('x'),
      () => client.updateFile('x', {}),
      () => client.company(1),
    ];
    for (const question of questions) {
      expect(await failureOf(question())).toMatchObject({ configuration: true, code: 404 });
    }
  });

  it.each([
    [401, true],
    [403, true],
    [302, true],
    [400, false],
    [429, false],
    [500, false],
    [503, false],
  ])('status %i is an outage; only a person can help: %s', async (status, configuration) => {
    cms.answer = (_, response) => response.writeHead(status, { location: '/elsewhere' }).end('{}');
    const failure = await failureOf(client.file('x'));
    expect(failure).toMatchObject({ code: status, configuration, timedOut: false });
    expect(await failureOf(client.preferencesByUser(ann))).toMatchObject({ configuration });
    expect(cms.asked).toHaveLength(2);
  });

  it.each([
    ['no JSON', 'surprise'],
    [
      'a setting out of range',
      JSON.stringify({ data: { ...BUILT_IN_SETTINGS, batch_size_threshold: 0 } }),
    ],
    ['nothing', ''],
    ['null', 'null'],
  ])('a 200 with %s is an outage', async (_, body) => {
    cms.answer = (_asked, response) => response.writeHead(200).end(body);
    const failure = await failureOf(client.preferencesByUser(ann));
    expect(failure).toMatchObject({ code: 'unexpected body', configuration: false });
  });

  it('refuses the record of another file', async () => {
    cms.answer = (_, response) => answerJson(response, 200, { data: { documentId: 'other' } });
    expect((await failureOf(client.file('x'))).message).toContain('data.documentId');
    await failureOf(client.updateFile('x', {}));
  });

  it('refuses document ids that would ask another route', async () => {
    await expect(client.deleteFile('..')).rejects.toThrow('has no address');
    expect(cms.asked).toHaveLength(0);
  });

  it('gives up on a CMS that hangs, before or inside the body', async () => {
    const impatient = clientOf(300);
    cms.answer = () => {};
    expect(await failureOf(impatient.file('x'))).toMatchObject({ timedOut: true });
    cms.answer = (_, response) => response.writeHead(200).write('{"data":');
    expect(await failureOf(impatient.file('x'))).toMatchObject({ timedOut: true });
  });

  it('names the network error when nothing listens', async () => {
    const gone = await httpDouble(() => {});
    await gone.close();
    const config = { CMS_API_URL: gone.url, CMS_API_TOKEN: 'secret', CMS_TIMEOUT_MS: 10_000 };
    const failure = await failureOf(cmsClient(config).check());
    expect(failure).toMatchObject({ code: 'ECONNREFUSED', configuration: false });
  });
});

describe('CMS store', () => {
  it('removes the record once and reads back', async () => {
    const file = storedFile('doc 1/ä');
    expect(cmsStore(client).applicable(file)).toBeNull();
    const store = oneFile(cmsStore(client));
    expect(await store.remaining(file)).toBe(1);
    expect(await store.remove(file)).toMatchObject({ removed: 1 });
    expect(await store.remaining(file)).toBe(0);
    expect(await store.remove(file)).toMatchObject({ removed: 0 });
  });
});
