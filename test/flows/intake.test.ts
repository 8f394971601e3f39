import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../src/api/app.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';

/** Bad input gets a clear 4xx and leaves nothing behind; whatever is accepted can be applied. */

const EVENTS = '/api/file-events';

let system: System;
let ada: string;
beforeAll(async () => {
  system = await startSystem({ env: { ENABLE_AUTO_CORRECTION: 'true' } });
});
afterAll(() => system.stop());
beforeEach(() => {
  ada = person();
});

const push = (body: unknown) => system.call('POST', EVENTS, body);
async function refused(body: unknown, status: number, path: string, message = ''): Promise<void> {
  const reply = await push(body);
  expect(reply.status).toBe(status);
  expect(reply.headers.get('content-type')).toContain('application/problem+json');
  expect(reply.body).toMatchObject({ status, title: expect.any(String) });
  if (path)
    expect(reply.body.errors).toContainEqual({ path, message: expect.stringContaining(message) });
}
const accepted = async () =>
  (await system.deps.db.sql`select 1 from file_events where user_email = ${ada}`).length;
const nested = (depth: number) => {
  let inner: object = {};
  for (let level = 1; level < depth; level += 1) inner = { a: inner };
  return inner;
};
const detailed = (details: unknown) =>
  failure(ada, documentId(), { error: { message: 'it failed', details } });

describe('one wrong event', () => {
  it.each([
    ['user_email', { user_email: 'nobody' }, ''],
    ['company_id', { company_id: 2 ** 31 }, ''],
    ['company_id', { company_id: '1' }, ''],
    ['bot_id', { bot_id: 0 }, ''],
    ['file_document_id', { file_document_id: 'x'.repeat(256) }, ''],
    ['file_document_id', { file_document_id: 'a\u0000b' }, 'cannot be stored'],
    ['file_document_id', { file_document_id: 'a\ud800b' }, 'cannot be stored'],
    ['event_id', { event_id: '' }, ''],
    ['event_id', { event_id: 'x'.repeat(129) }, ''],
    ['occurred_at', { occurred_at: 'yesterday' }, ''],
    ['occurred_at', { occurred_at: '0000-01-01T00:00:00Z' }, 'possible'],
    ['occurred_at', { occurred_at: '2026-01-01T00:00:00+24:00' }, 'ISO'],
    ['occurred_at', { occurred_at: '2999-01-01T00:00:00Z' }, 'a day ahead'],
    ['status', { status: 'done' }, ''],
    ['status', { status: 'processing' }, 'must be success'],
    ['error', { processing_stage: 'failed', status: 'failed' }, 'is required'],
    ['action', { action: 'destroy' }, 'create, update or delete'],
    ['file_size_bytes', { file_size_bytes: -1 }, ''],
    ['surprise', { surprise: 1 }, 'not a known field'],
    ['__proto__', JSON.parse('{"__proto__":{"a":1}}'), 'not a known field'],
  ])('is refused for %s = %j', async (path, change, message) => {
    const wrong = Object.fromEntries([
      ...Object.entries(event(ada, documentId())),
      ...Object.entries(change),
    ]);
    await refused(wrong, 400, path, message);
    await refused({ events: [event(ada, documentId()), wrong] }, 400, `events.1.${path}`, message);
    expect(await accepted()).toBe(0);
  });
});

it('names every field at fault at once, each once', async () => {
  const wrong = event(ada, documentId(), {
    ...{ user_email: 'x', company_id: '1', foo: 1, occurred_at: 'yesterday' },
    ...{ processing_stage: 'failed', status: 'failed' },
  });
  const paths = async (body: object) =>
    (await push(body)).body.errors.map((one: { path: string }) => one.path).sort();
  const all = ['company_id', 'error', 'foo', 'occurred_at', 'user_email'];
  expect(await paths(wrong)).toEqual(all);
  expect(await paths({ events: [wrong] })).toEqual(all.map((path) => `events.0.${path}`));
  const nothing = { action: 'create', status: 'done', processing_stage: 'completed' };
  expect((await paths(nothing)).filter((path: string) => path === 'status')).toHaveLength(1);
});

describe('a body', () => {
  it('that is no JSON is refused', () => refused('{"events": [', 400, ''));
  it.each(['[]', 'null', '"x"', '1', 'true'])(
    'that is %s, not an object, is refused as such',
    async (json) => {
      for (const path of [EVENTS, '/api/corrections', '/api/queues/corrections/replay']) {
        const { status, body } = await system.call('POST', path, json);
        expect([path, status, body.title]).toEqual([path, 400, 'Invalid request']);
        expect(body.errors).toMatchObject([
          { message: expect.stringMatching(/expected object|create, update/) },
        ]);
      }
    },
  );
  it('without events is refused', () => refused({ events: [] }, 400, 'events'));
  it('of 1,001 events is refused, of 1,000 accepted', async () => {
    const thousand = Array.from({ length: 1000 }, () => event(ada, documentId()));
    await refused({ events: [...thousand, event(ada, documentId())] }, 400, 'events', '1000');
    expect(await accepted()).toBe(0);
    expect((await push({ events: thousand })).body.data.accepted).toBe(1000);
    expect(await accepted()).toBe(1000);
  });
  it('over 5 MB is refused', () => refused({ text: 'x'.repeat(5 * 2 ** 20) }, 413, ''));
  it('nested 64 levels deep is stored, deeper ones are refused', async () => {
    await refused(detailed(nested(66)), 400, 'error.details', '64 levels');
    await refused(`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400, '');
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    await refused(JSON.stringify(detailed(0)).replace(':0', `:${deep}`), 400, 'error.details');
    expect((await push(detailed(nested(65)))).status).toBe(202);
    await system.applied();
  });
  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=klingon'])(
    'as %s is refused, on every route that takes one',
    async (type) => {
      const authorization = `Bearer ${system.deps.config.ADMIN_API_KEY[0]}`;
      const headers = { authorization, 'content-type': type };
      for (const path of [EVENTS, '/api/corrections', '/api/queues/corrections/replay']) {
        const response = await fetch(system.url + path, { method: 'POST', headers, body: '{}' });
        expect([path, response.status]).toEqual([path, 415]);
      }
    },
  );
});

it('free text keeps everything but what cannot be stored', async () => {
  const document = documentId();
  const error = { message: 'a\u0000b\ud800c 🙂', details: { 'k\u0000': ['\udc00'] } };
  await system.push(failure(ada, document, { file_name: 'n\u0000.pdf', error }));
  await system.applied();
  const { body } = await system.call('GET', `/api/errors?file_document_id=${document}`);
  expect(body.data).toMatchObject([
    { error_message: 'a\ufffdb\ufffdc 🙂', error_details: { 'k\ufffd': ['\ufffd'] } },
  ]);
});

describe('whatever is sent', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\u0000', '\ud800', '', 'x'.repeat(300), '2026-02-30T00:00:00Z', '1e999'),
  );
  const anyJson = fc.oneof(fc.jsonValue(), anyText, fc.double(), fc.constant(null));
  const keys = 'event_id file_name storage_key occurred_at status processing_stage error action';
  const numbers = 'company_id bot_id file_event_id chunks_created file_size_bytes';
  /** A right event with a few fields replaced by anything. */
  const nearly = fc
    .dictionary(
      fc.constantFrom(...`${keys} ${numbers} file_document_id user_email`.split(' ')),
      fc.oneof(anyJson, fc.integer(), fc.emailAddress(), fc.date().map(String)),
      { maxKeys: 3 },
    )
    .map((change) => ({ ...failure(ada, documentId()), ...change }));
  const body = fc.oneof(
    anyJson,
    nearly,
    fc.array(nearly, { maxLength: 3 }).map((events) => ({ events })),
  );

  it('no POST or PATCH route answers 5xx', { timeout: 120_000 }, async () => {
    const paths = apiRoutes(system.deps)
      .filter(({ method }) => method !== 'get')
      .map(({ method, path }) => [method.toUpperCase(), path.replace(':name', 'corrections')]);
    expect(paths.length).toBeGreaterThan(8);
    const id = fc.oneof(fc.constantFrom('1', '0', '-1', '1e400', '%00', '%E0%A4'), anyText);
    for (const [method, path] of paths)
      await fc.assert(
        fc.asyncProperty(body, id, async (sent, raw) => {
          const part = /^%/.test(raw) ? raw : encodeURIComponent(raw.toWellFormed()) || '1';
          const filled = path!.replace(/:\w+/, part.slice(0, 2000));
          const { status } = await system.call(method!, filled, sent);
          expect(status).toBeLessThan(500);
        }),
        { numRuns: path === EVENTS ? 200 : 25 },
      );
  });

  it('what was accepted could be applied', async () => {
    await system.applied();
    const { body: answer } = await system.call('GET', '/api/audit');
    expect(answer.data).toMatchObject({ dead_lettered: 0, unaccounted: 0 });
  });
});
