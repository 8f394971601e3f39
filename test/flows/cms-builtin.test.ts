import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { companyRecord, fileRecord } from '../../src/contracts/cms.ts';
import {
  BUILT_IN_SETTINGS,
  bulkAnswer,
  byUserAnswer,
  preferenceRecord,
} from '../../src/contracts/preferences.ts';
import { emptyDatabase, type RunningCms, rowsOf, runCms } from '../support/builtin-cms.ts';

const PREFERENCES = '/api/user-notification-preferences';
let database: Awaited<ReturnType<typeof emptyDatabase>>;
let cms: RunningCms;

beforeAll(async () => {
  database = await emptyDatabase();
  cms = await runCms(database.url);
});
afterAll(async () => {
  await cms.close();
  await database.drop();
});

const byUser = async (company: number, email: string) => {
  const { status, body } = await cms.call('GET', `${PREFERENCES}/by-user/${company}/1/${email}`);
  expect(status).toBe(200);
  byUserAnswer.parse(body);
  return body;
};
const create = (company: number, email: string, settings: object = {}) =>
  cms.call('POST', PREFERENCES, { data: { company, bot: 1, user_email: email, ...settings } });

describe('what applies to a person', () => {
  it('is the built-in settings, then the company defaults, then their own row', async () => {
    expect(await byUser(100, 'ann@example.com')).toMatchObject({
      data: { ...BUILT_IN_SETTINGS, company: { id: 100 }, bot: { id: 1 } },
      cache_hit: false,
      fallback_applied: true,
    });

    await cms.call('POST', '/api/companies', {
      data: { id: 100, name: 'Acme', default_notification_settings: { batch_size_threshold: 9 } },
    });
    const defaults = { data: { batch_size_threshold: 9, email_format: 'html' } };
    expect(await byUser(100, 'ann@example.com')).toMatchObject({ ...defaults, cache_hit: false });
    expect(await byUser(100, 'ANN@example.com')).toMatchObject({
      ...defaults,
      cache_hit: true,
      fallback_applied: true,
    });

    const { body } = await create(100, 'Ann@Example.com', { email_format: 'text' });
    preferenceRecord.parse(body.data);
    const own = {
      data: { email_format: 'text', batch_size_threshold: 5 },
      fallback_applied: false,
    };
    expect(await byUser(100, 'ann@example.com')).toMatchObject({ ...own, cache_hit: false });
    expect(await byUser(100, 'ann@example.com')).toMatchObject({ ...own, cache_hit: true });

    await cms.call('PUT', `${PREFERENCES}/${body.data.id}`, { data: { email_format: 'html' } });
    expect((await byUser(100, 'ann@example.com')).data.email_format).toBe('html');
    await cms.call('DELETE', `${PREFERENCES}/${body.data.documentId}`);
    expect(await byUser(100, 'ann@example.com')).toMatchObject({ fallback_applied: true });
    await cms.call('PUT', '/api/companies/100', {
      data: { default_notification_settings: { notification_delay_minutes: 7 } },
    });
    expect((await byUser(100, 'ann@example.com')).data.notification_delay_minutes).toBe(7);
  });

  it('is answered for a hundred people at once as for each alone', async () => {
    await create(101, 'has@example.com', { notification_enabled: false });
    const users = Array.from({ length: 99 }, (_, index) => ({
      company_id: 101 + (index % 3),
      bot_id: 1,
      user_email: `p${index}@example.com`,
    }));
    users.push({ company_id: 101, bot_id: 1, user_email: 'Has@Example.com' });
    const { status, body } = await cms.call('POST', `${PREFERENCES}/bulk-get`, { users });
    expect(status).toBe(200);
    expect(bulkAnswer.parse(body).processed_count).toBe(100);
    expect(Object.keys(body.data)).toHaveLength(100);
    expect(body.data['101:1:Has@Example.com']).toMatchObject({ notification_enabled: false });
    expect(body.missing_preferences).toHaveLength(99);
    expect(body.missing_preferences).not.toContain('101:1:Has@Example.com');
    const alone = await byUser(102, 'p1@example.com');
    expect(body.data['102:1:p1@example.com']).toEqual(alone.data);
    expect(alone).toMatchObject({ cache_hit: true, fallback_applied: true });

    users.push({ company_id: 1, bot_id: 1, user_email: 'one@more.example' });
    expect((await cms.call('POST', `${PREFERENCES}/bulk-get`, { users })).status).toBe(400);
  });
});

describe('preferences', () => {
  it('exist once per person, company and bot, however many create them at once', async () => {
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        create(200, index % 2 ? 'twice@example.com' : 'TWICE@example.com'),
      ),
    );
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 409)).toHaveLength(29);
  });

  it('are found by number and by document id, listed in pages and filtered', async () => {
    for (const name of ['a', 'b', 'c']) await create(201, `${name}@list.example`);
    const list = (query: string) => cms.call('GET', `${PREFERENCES}?company_id=201&${query}`);
    const second = await list('page=2&pageSize=2');
    expect(second.body.meta.pagination).toEqual({ page: 2, pageSize: 2, pageCount: 2, total: 3 });
    expect(rowsOf(second).map((row) => row.user_email)).toEqual(['c@list.example']);
    const [found] = rowsOf(await list('user_email=B@list.example'));
    for (const id of [found!.id, found!.documentId])
      expect((await cms.call('GET', `${PREFERENCES}/${id}`)).body.data).toEqual(found);
  });

  it('of somebody else are not overwritten by a move', async () => {
    const { body } = await create(202, 'first@example.com');
    await create(202, 'second@example.com');
    const move = (user_email: string) =>
      cms.call('PUT', `${PREFERENCES}/${body.data.id}`, { data: { user_email } });
    expect((await move('second@example.com')).status).toBe(409);
    expect((await byUser(202, 'third@example.com')).fallback_applied).toBe(true);
    expect((await move('third@example.com')).status).toBe(200);
    expect((await byUser(202, 'third@example.com')).fallback_applied).toBe(false);
    expect((await byUser(202, 'first@example.com')).fallback_applied).toBe(true);
  });

  it('that do not exist answer 404 to everything', async () => {
    for (const id of ['2147483647', '99999999999999999999', 'unknown', '%00', 'a%2Fb', '-1'])
      for (const [method, body] of [['GET'], ['PUT', { data: {} }], ['DELETE']] as const)
        expect(await cms.call(method, `${PREFERENCES}/${id}`, body)).toMatchObject({ status: 404 });
  });
});

describe('companies, bots and files', () => {
  it('get numbers that a preference has not taken already', async () => {
    for (const company of [1, 2, 3]) await create(company, 'numbers@example.com');
    const made = await Promise.all(
      ['x', 'y'].map((name) => cms.call('POST', '/api/companies', { data: { name } })),
    );
    expect(made.map(({ status }) => status)).toEqual([201, 201]);
    const company = companyRecord.parse(made[0]!.body.data);
    expect(company).toMatchObject({ notification_quota: 1000, notification_usage: 0 });
    expect((await cms.call('GET', `/api/companies/${company.documentId}`)).body.data.id).toBe(
      company.id,
    );
    expect((await cms.call('POST', '/api/companies', { data: { id: 1, name: 'z' } })).status).toBe(
      409,
    );
    expect((await cms.call('GET', '/api/companies')).body.meta.pagination.total).toBeGreaterThan(4);
    expect((await cms.call('GET', '/api/companies/77777')).status).toBe(404);
  });

  it('keep the settings of bots', async () => {
    const { body } = await cms.call('POST', '/api/bots', { data: { name: 'Helper' } });
    const settings = { language: 'de', chunk: { size: 512 } };
    const changed = await cms.call('PUT', `/api/bots/${body.data.id}`, {
      data: { processing_settings: settings },
    });
    expect(changed.body.data).toMatchObject({ name: 'Helper', processing_settings: settings });
    expect((await cms.call('PUT', '/api/bots/77777', { data: {} })).status).toBe(404);
  });

  it('create, change, list and delete file records', async () => {
    const file = { documentId: '12345', name: 'a.pdf', storage_key: 'k/a', company: 300, bot: 301 };
    expect((await cms.call('POST', '/api/files', { data: file })).status).toBe(201);
    expect((await cms.call('POST', '/api/files', { data: file })).status).toBe(409);
    const change = { notification_sent: true, processing_metadata: { chunks: 3, '\u0000': 'x' } };
    await cms.call('PUT', '/api/files/12345', { data: change });
    const { body } = await cms.call('GET', '/api/files/12345');
    expect(fileRecord.parse(body.data)).toMatchObject({
      notification_sent: true,
      processing_metadata: { chunks: 3, '\ufffd': 'x' },
      company: { id: 300 },
      bot: { id: 301 },
    });
    expect((await cms.call('GET', '/api/files?company=300&bot=301')).body.data).toEqual([
      body.data,
    ]);
    expect((await cms.call('GET', '/api/files?company=301')).body.data).toEqual([]);
    const unknown = await cms.call('PUT', '/api/files/none', { data: { company: 302 } });
    expect(unknown.status).toBe(404);
    expect((await cms.call('GET', '/api/companies/302')).status).toBe(404);
    const removals = [1, 2].map(() => cms.call('DELETE', '/api/files/12345'));
    expect((await Promise.all(removals)).map(({ status }) => status).sort()).toEqual([204, 404]);
  });
});
