import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { one, pageOf, RECORDS } from '../../cms/contract/answers.ts';
import { BUILT_IN_SETTINGS } from '../../src/contracts/preferences.ts';
import { problem } from '../../src/contracts/problem.ts';
import { type ContractCms, contractCms } from '../support/contract-cms.ts';

/** People's own preferences: create, read, list, change, delete. */

const PREFERENCES = '/api/user-notification-preferences';
const answer = one(RECORDS.preference);
const page = pageOf(RECORDS.preference);
let cms: ContractCms;
let company: number;
let bot: number;
beforeAll(async () => {
  cms = await contractCms();
  const create = (type: string) => cms.call('POST', `/api/${type}`, { data: { name: 'Acme' } });
  company = (await create('companies')).body.data.id;
  bot = (await create('bots')).body.data.id;
});
afterAll(() => cms.close());

const someone = (name = 'ann') => `${name}-${randomUUID().slice(0, 8)}@example.com`;
const create = (more: object) => cms.call('POST', PREFERENCES, { data: { company, bot, ...more } });
const created = async (more: object = {}) => {
  const reply = await create({ user_email: someone(), ...more });
  expect(reply.status).toBe(201);
  return answer.parse(reply.body).data;
};

it('are created with the built-in settings for what is not said', async () => {
  const email = someone('Ann');
  expect(await created({ user_email: email })).toMatchObject({
    ...BUILT_IN_SETTINGS,
    user_email: email.toLowerCase(),
    company: { id: company },
    bot: { id: bot },
  });
  const said = {
    notification_enabled: false,
    batch_size_threshold: 100,
    notification_delay_minutes: 1440,
    email_format: 'text',
    include_success_details: false,
    include_error_details: false,
    locale: 'de-CH',
    timezone: 'Europe/Zurich',
  };
  expect(await created(said)).toMatchObject(said);
});

it('name a company and a bot for the first time', async () => {
  const [newCompany, newBot] = [randomInt(10 ** 9, 2 * 10 ** 9), randomInt(10 ** 9, 2 * 10 ** 9)];
  const row = await created({ company: newCompany, bot: newBot });
  expect(row).toMatchObject({ company: { id: newCompany }, bot: { id: newBot } });
  for (const path of [`companies/${newCompany}`, `bots/${newBot}`])
    expect((await cms.call('GET', `/api/${path}`)).body.data).toMatchObject({ name: null });
});

it.each([
  ['a threshold of 0', { batch_size_threshold: 0 }, 'data.batch_size_threshold'],
  ['a threshold of 101', { batch_size_threshold: 101 }, 'data.batch_size_threshold'],
  ['a delay of 0', { notification_delay_minutes: 0 }, 'data.notification_delay_minutes'],
  ['a delay of 1441', { notification_delay_minutes: 1441 }, 'data.notification_delay_minutes'],
  ['half a minute', { notification_delay_minutes: 1.5 }, 'data.notification_delay_minutes'],
  ['another format', { email_format: 'pdf' }, 'data.email_format'],
  ['a flag in words', { notification_enabled: 'yes' }, 'data.notification_enabled'],
  ['no address', { user_email: 'ann' }, 'data.user_email'],
  ['no such language', { locale: 'not a language' }, 'data.locale'],
  ['no such time zone', { timezone: 'Mars/Olympus' }, 'data.timezone'],
  ['a company that is none', { company: 0 }, 'data.company'],
  ['an unknown field', { colour: 'blue' }, 'data.colour'],
])('are refused with %s, created or changed', async (_what, wrong, path) => {
  const { id } = await created();
  const replies = [
    await create({ user_email: someone(), ...wrong }),
    await cms.call('PUT', `${PREFERENCES}/${id}`, { data: wrong }),
  ];
  for (const { status, type, body } of replies) {
    expect(status).toBe(400);
    expect(type).toContain('application/problem+json');
    expect(problem.parse(body).errors?.map((error) => error.path)).toContain(path);
  }
  const { body } = await cms.call('GET', `${PREFERENCES}/${id}`);
  expect(body.data).toMatchObject({ ...BUILT_IN_SETTINGS });
});

it('are refused without what tells whose they are', async () => {
  for (const missing of ['company', 'bot', 'user_email'])
    expect((await create({ user_email: someone(), [missing]: undefined })).status).toBe(400);
  expect((await cms.call('POST', PREFERENCES, {})).status).toBe(400);
  expect((await cms.call('POST', PREFERENCES)).status).toBe(400);
});

it('exist once per person, company and bot, however many create them at once', async () => {
  const email = someone('twice');
  const replies = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      create({ user_email: index % 2 ? email : email.toUpperCase() }),
    ),
  );
  const statuses = replies.map(({ status }) => status);
  expect(statuses.filter((status) => status === 201)).toHaveLength(1);
  expect(statuses.filter((status) => status === 409)).toHaveLength(29);
  const { body } = await cms.call('GET', `${PREFERENCES}?user_email=${email}`);
  expect(page.parse(body).data).toHaveLength(1);
  await created({ user_email: email, bot: bot + 1 });
});

it('are read, changed and deleted by number and by documentId', async () => {
  for (const key of ['id', 'documentId'] as const) {
    const row = await created();
    const path = `${PREFERENCES}/${row[key]}`;
    expect(answer.parse((await cms.call('GET', path)).body).data).toEqual(row);
    const change = { data: { notification_delay_minutes: 5, locale: 'fr' } };
    const changed = await cms.call('PUT', path, change);
    expect(changed.status).toBe(200);
    expect(answer.parse(changed.body).data).toEqual({ ...row, ...change.data });
    expect((await cms.call('DELETE', path)).status).toBe(204);
    expect((await cms.call('DELETE', path)).status).toBe(404);
    expect((await cms.call('GET', path)).status).toBe(404);
  }
});

it('that do not exist answer 404 to everything', async () => {
  for (const id of ['2147483647', '99999999999999999999', 'unknown', '%00', 'a%2Fb', '-1'])
    for (const [method, body] of [['GET'], ['PUT', { data: {} }], ['DELETE']] as const) {
      const reply = await cms.call(method, `${PREFERENCES}/${id}`, body);
      expect([method, id, reply.status]).toEqual([method, id, 404]);
      problem.parse(reply.body);
    }
});

it('move to another person, unless that one has some already', async () => {
  const [first, second] = [await created(), await created()];
  const path = `${PREFERENCES}/${first.documentId}`;
  const move = (data: object) => cms.call('PUT', path, { data });
  expect((await move({ user_email: second.user_email.toUpperCase() })).status).toBe(409);
  expect(answer.parse((await cms.call('GET', path)).body).data).toEqual(first);
  const moved = await move({ user_email: someone('Bo'), bot: bot + 2 });
  expect(answer.parse(moved.body).data).toMatchObject({
    id: first.id,
    company: { id: company },
    bot: { id: bot + 2 },
    user_email: expect.stringMatching(/^bo-/),
  });
});

it('are listed in pages and filtered', async () => {
  const other = bot + 3;
  const emails = Array.from({ length: 3 }, () => someone());
  for (const user_email of emails) await created({ bot: other, user_email });
  const list = async (query: string) => {
    const path = `${PREFERENCES}?company_id=${company}&bot_id=${other}&${query}`;
    return page.parse((await cms.call('GET', path)).body);
  };
  const second = await list('page=2&pageSize=2');
  expect(second.meta.pagination).toEqual({ page: 2, pageSize: 2, pageCount: 2, total: 3 });
  expect(second.data.map(({ user_email }) => user_email)).toEqual([emails[2]]);
  expect((await list('')).meta.pagination).toMatchObject({ page: 1, pageSize: 25, total: 3 });
  const found = await list(`user_email=${emails[1]!.toUpperCase()}`);
  expect(found.data.map(({ user_email }) => user_email)).toEqual([emails[1]]);
  for (const query of ['page=0', 'pageSize=101', 'page=x', 'company_id=x', 'user_email=ann'])
    expect((await cms.call('GET', `${PREFERENCES}?${query}`)).status).toBe(400);
});
