import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bulk, byUser } from '../../cms/contract/answers.ts';
import { BUILT_IN_SETTINGS } from '../../src/contracts/preferences.ts';
import { type ContractCms, contractCms } from '../support/contract-cms.ts';

/** What applies to whom: by-user and bulk-get. */

const PREFERENCES = '/api/user-notification-preferences';
let cms: ContractCms;
beforeAll(async () => {
  cms = await contractCms();
});
afterAll(() => cms.close());

const someone = () => `ann-${randomUUID().slice(0, 8)}@example.com`;
const createCompany = async (settings?: object) => {
  const data = { name: 'Acme', default_notification_settings: settings };
  return (await cms.call('POST', '/api/companies', { data })).body.data.id;
};
const createBot = async () =>
  (await cms.call('POST', '/api/bots', { data: { name: 'Helper' } })).body.data.id;
const ask = async (company: number, bot: number, email: string) => {
  const path = `${PREFERENCES}/by-user/${company}/${bot}/${encodeURIComponent(email)}`;
  const { status, body } = await cms.call('GET', path);
  expect(status).toBe(200);
  return byUser.parse(body);
};
const bulkGet = (users: unknown) => cms.call('POST', `${PREFERENCES}/bulk-get`, { users });

it('is the built-in settings where nobody knows the company', async () => {
  const [company, bot] = [randomInt(10 ** 9, 2 * 10 ** 9), randomInt(10 ** 9, 2 * 10 ** 9)];
  const email = someone();
  for (const _asked of ['first', 'again'])
    expect(await ask(company, bot, email)).toMatchObject({
      data: {
        ...BUILT_IN_SETTINGS,
        user_email: email,
        company: { id: company },
        bot: { id: bot },
      },
      fallback_applied: true,
    });
});

it("is the company's defaults over the built-in ones, then the person's own row, and back", async () => {
  const company = await createCompany({ batch_size_threshold: 9, email_format: 'text' });
  const bot = await createBot();
  const email = someone();
  const defaults = { ...BUILT_IN_SETTINGS, batch_size_threshold: 9, email_format: 'text' };
  for (const asked of [email, email, email.toUpperCase()])
    expect(await ask(company, bot, asked)).toMatchObject({
      data: { ...defaults, user_email: email },
      fallback_applied: true,
    });

  const changed = { notification_delay_minutes: 7 };
  await cms.call('PUT', `/api/companies/${company}`, {
    data: { default_notification_settings: changed },
  });
  expect((await ask(company, bot, email)).data).toMatchObject({ ...BUILT_IN_SETTINGS, ...changed });

  const own = { notification_enabled: false, batch_size_threshold: 3 };
  const { body } = await cms.call('POST', PREFERENCES, {
    data: { company, bot, user_email: email, ...own },
  });
  for (const asked of [email, email, email.toUpperCase()])
    expect(await ask(company, bot, asked)).toMatchObject({
      data: { ...BUILT_IN_SETTINGS, ...own, documentId: body.data.documentId },
      fallback_applied: false,
    });
  const path = `${PREFERENCES}/${body.data.documentId}`;
  await cms.call('PUT', path, { data: { batch_size_threshold: 4 } });
  expect((await ask(company, bot, email)).data.batch_size_threshold).toBe(4);
  await cms.call('DELETE', path);
  for (const _asked of ['first', 'again'])
    expect(await ask(company, bot, email)).toMatchObject({ data: changed, fallback_applied: true });
});

it('is refused for an address that is none', async () => {
  for (const path of ['0/1/a@example.com', '1/x/a@example.com', '1/2147483648/a@e.com', '1/1/ann'])
    expect((await cms.call('GET', `${PREFERENCES}/by-user/${path}`)).status).toBe(400);
});

it('is answered for a hundred people at once as for each alone', async () => {
  const company = await createCompany({ include_success_details: false });
  const bot = await createBot();
  const owner = someone();
  const own = { company, bot, user_email: owner, email_format: 'text' };
  await cms.call('POST', PREFERENCES, { data: own });
  const users = Array.from({ length: 99 }, () => ({
    company_id: company,
    bot_id: bot,
    user_email: someone(),
  }));
  const asWritten = owner.toUpperCase();
  users.push({ company_id: company, bot_id: bot, user_email: asWritten });

  const reply = await bulkGet(users);
  expect(reply.status).toBe(200);
  const { data, missing_preferences, processed_count } = bulk.parse(reply.body);
  expect(processed_count).toBe(100);
  expect(Object.keys(data)).toHaveLength(100);
  expect(missing_preferences).toHaveLength(99);
  expect(missing_preferences).not.toContain(`${company}:${bot}:${asWritten}`);
  expect(data[`${company}:${bot}:${asWritten}`]).toMatchObject({ email_format: 'text' });
  const { user_email } = users[0]!;
  const alone = await ask(company, bot, user_email);
  expect(data[`${company}:${bot}:${user_email}`]).toEqual(alone.data);
  expect(alone.data.include_success_details).toBe(false);
  expect(bulk.parse((await bulkGet(users)).body).missing_preferences).toHaveLength(99);
});

it('is asked for at most a hundred people, each of whom can be', async () => {
  const user = { company_id: 1, bot_id: 1, user_email: someone() };
  const nobody = await bulkGet([]);
  expect(bulk.parse(nobody.body)).toEqual({
    data: {},
    missing_preferences: [],
    processed_count: 0,
  });
  const twice = bulk.parse((await bulkGet([user, user])).body);
  expect(twice).toMatchObject({ processed_count: 2, missing_preferences: [expect.any(String)] });
  for (const users of [
    Array.from({ length: 101 }, () => user),
    [{ ...user, user_email: 'ann' }],
    [{ ...user, company_id: '1' }],
    [{ ...user, more: 1 }],
    [null],
    'everybody',
    undefined,
  ])
    expect((await bulkGet(users)).status).toBe(400);
});
