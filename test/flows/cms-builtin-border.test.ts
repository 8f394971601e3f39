import fc from 'fast-check';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  cuttable,
  emptyDatabase,
  type RunningCms,
  request,
  runCms,
} from '../support/builtin-cms.ts';
import { NAUGHTY_STRINGS } from '../support/naughty-strings.ts';

/** What the CMS does with callers it must refuse, input it must not trust and a database that dies. */

const PREFERENCES = '/api/user-notification-preferences';
const WITHIN = { timeout: 20_000, interval: 50 };
let database: Awaited<ReturnType<typeof emptyDatabase>>;
let cms: RunningCms;

beforeAll(async () => {
  database = await emptyDatabase();
  cms = await runCms(database.url, { apiTokens: ['other-token', 'cms-test-token'] });
});
afterAll(async () => {
  await cms.close();
  await database.drop();
});

const valid = { company: 1, bot: 1, user_email: 'ann@example.com' };
const send = (body: string, headers: Record<string, string> = {}) =>
  request(cms.url + PREFERENCES, { method: 'POST', body, headers });

describe('callers', () => {
  it('need a token for everything but health and metrics', async () => {
    for (const path of [PREFERENCES, '/api/companies', '/api/files/x', '/api/bots', '/nowhere'])
      for (const authorization of ['', 'Bearer wrong', 'Basic cms-test-token'])
        expect((await fetch(cms.url + path, { headers: { authorization } })).status).toBe(401);
    expect((await fetch(`${cms.url}/metrics`)).status).toBe(200);
    const health = await (await fetch(`${cms.url}/api/health`)).json();
    expect(health).toMatchObject({
      status: 'healthy',
      services: { database: 'healthy', cache: { status: 'healthy', stats: { hits: 0 } } },
    });
  });

  it('are recorded with their key and what they asked, but not about whom', async () => {
    await cms.call('GET', `${PREFERENCES}/by-user/41/42/private%40example.com`);
    await cms.call('GET', `${PREFERENCES}?user_email=private@example.com`);
    await fetch(`${cms.url}/api/companies`, { headers: { authorization: 'Bearer wrong' } });
    const sql = postgres(database.url, { max: 1 });
    await vi
      .waitFor(async () => {
        const rows = await sql`select key_kind, method, path, status from access_log`;
        expect(rows).toEqual(
          expect.arrayContaining([
            {
              key_kind: 'token 2',
              method: 'GET',
              path: `${PREFERENCES}/by-user/41/42/***`,
              status: 200,
            },
            { key_kind: 'token 2', method: 'GET', path: PREFERENCES, status: 200 },
            { key_kind: 'invalid', method: 'GET', path: '/api/companies', status: 401 },
          ]),
        );
        expect(JSON.stringify(rows)).not.toContain('private');
      }, WITHIN)
      .finally(() => sql.end());
  });
});

describe('bad input', () => {
  it.each([
    ['a threshold of 0', { batch_size_threshold: 0 }, 'data.batch_size_threshold'],
    ['a threshold of 101', { batch_size_threshold: 101 }, 'data.batch_size_threshold'],
    ['a delay of 1441', { notification_delay_minutes: 1441 }, 'data.notification_delay_minutes'],
    ['a delay in halves', { notification_delay_minutes: 1.5 }, 'data.notification_delay_minutes'],
    ['another format', { email_format: 'pdf' }, 'data.email_format'],
    ['a flag in words', { notification_enabled: 'yes' }, 'data.notification_enabled'],
    ['a setting of null', { email_format: null }, 'data.email_format'],
    ['an unknown field', { colour: 'red' }, 'data.colour'],
    ['a company of 2^31', { company: 2 ** 31 }, 'data.company'],
    ['no address', { user_email: 'nobody' }, 'data.user_email'],
  ])('%s is refused by name', async (_what, fault, path) => {
    const { status, body } = await cms.call('POST', PREFERENCES, { data: { ...valid, ...fault } });
    expect(status).toBe(400);
    expect(body).toMatchObject({ type: 'about:blank', status: 400, errors: [{ path }] });
    const put = await cms.call('PUT', `${PREFERENCES}/1`, { data: fault });
    expect(put).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });

  it('that is no JSON, too large, too deep or oddly encoded is a 4xx', async () => {
    expect((await send('{"data":')).status).toBe(400);
    expect((await send('')).status).toBe(400);
    expect((await send('[]')).status).toBe(400);
    expect((await send('{"data":{"__proto__":{"company":1}}}')).status).toBe(400);
    expect((await send(JSON.stringify({ data: 'x'.repeat(2 ** 21) }))).status).toBe(413);
    expect((await send('{}', { 'content-encoding': 'zip' })).status).toBe(415);
    expect((await send('{}', { 'content-encoding': 'gzip' })).status).toBe(400);
    expect((await send('{}', { 'content-type': 'application/json; charset=x-user' })).status).toBe(
      415,
    );
    const deep = `{"data":{"name":"x","processing_settings":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}}`;
    const bot = await request(`${cms.url}/api/bots`, { method: 'POST', body: deep });
    expect(bot.body.errors).toMatchObject([{ path: 'data.processing_settings' }]);
  });

  it.each([
    `${PREFERENCES}/by-user/0/1/ann@example.com`,
    `${PREFERENCES}/by-user/1e3/1/ann@example.com`,
    `${PREFERENCES}/by-user/1/99999999999/ann@example.com`,
    `${PREFERENCES}/by-user/1/1/%00`,
    `${PREFERENCES}/by-user/1/1/%E0%A4%A`,
    `${PREFERENCES}?page=0`,
    `${PREFERENCES}?page=1&page=2`,
    `${PREFERENCES}?pageSize=101`,
    `${PREFERENCES}?user_email=%00`,
    '/api/files?company=x',
  ])('in the address %s is a 400', async (path) => {
    expect((await cms.call('GET', path)).status).toBe(400);
  });

  it('of any kind never earns a 5xx', async () => {
    const text = fc.oneof(
      fc.constantFrom(...NAUGHTY_STRINGS, '__proto__', 'constructor'),
      fc.string({ unit: 'binary' }),
    );
    const value = fc.oneof(text, fc.jsonValue(), fc.double(), fc.constant(1), fc.emailAddress());
    const object = fc.dictionary(text, value);
    const data = fc.record(
      {
        company: fc.oneof(fc.constant(1), value),
        bot: fc.constant(1),
        user_email: fc.oneof(fc.emailAddress(), value),
        name: text,
        documentId: text,
        storage_key: text,
        default_notification_settings: object,
        processing_settings: object,
        processing_metadata: object,
      },
      { requiredKeys: [] },
    );
    const paths = [PREFERENCES, '/api/companies', '/api/bots', '/api/files'];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), text, data, async (path, id, body) => {
        const item = `${path}/${encodeURIComponent(id.toWellFormed()) || 'x'}`;
        const replies = await Promise.all([
          cms.call('POST', path, { data: body }),
          cms.call('PUT', item, { data: body }),
          cms.call('GET', item),
        ]);
        for (const { status } of replies) expect(status).toBeLessThan(500);
      }),
      { numRuns: 150 },
    );
  });
});

describe('the database', () => {
  it('is set up once by many processes that start together', async () => {
    const fresh = await emptyDatabase();
    const all = await Promise.all(Array.from({ length: 4 }, () => runCms(fresh.url)));
    for (const each of all) expect((await each.call('GET', '/api/companies')).status).toBe(200);
    await Promise.all(all.map((each) => each.close()));
    await fresh.drop();
  });

  it('may go away and come back', async () => {
    const wire = await cuttable(database.url);
    const wired = await runCms(wire.url);
    expect((await wired.call('GET', '/api/companies')).status).toBe(200);
    await wire.cut();
    await vi.waitFor(async () => {
      expect((await wired.call('GET', '/api/health')).body.status).toBe('unhealthy');
    }, WITHIN);
    const refused = await wired.call('POST', PREFERENCES, { data: valid });
    expect(refused).toMatchObject({
      status: 503,
      body: { detail: expect.stringContaining('database') },
    });
    await wire.mend();
    await vi.waitFor(async () => {
      expect((await wired.call('GET', '/api/health')).status).toBe(200);
    }, WITHIN);
    expect((await wired.call('POST', PREFERENCES, { data: valid })).status).toBe(201);
    await wired.close();
    await wire.cut();
  });
});
