import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { preferenceWebhook } from '../../src/contracts/preferences.ts';
import {
  type ContractCms,
  contractCms,
  type Hook,
  type Receiver,
  WEBHOOK,
  webhookReceiver,
} from '../support/contract-cms.ts';
import { until } from '../support/until.ts';

/** The preference webhook. Other tests may write to the same CMS, so each looks for its own person. */

const PREFERENCES = '/api/user-notification-preferences';
let receiver: Receiver;
let cms: ContractCms;
let company: number;
let bot: number;
let email: string;

beforeAll(async () => {
  receiver = await webhookReceiver();
  cms = await contractCms(receiver);
  const create = (type: string) => cms.call('POST', `/api/${type}`, { data: { name: 'Acme' } });
  company = (await create('companies')).body.data.id;
  bot = (await create('bots')).body.data.id;
});
afterAll(async () => {
  await cms.close();
  await receiver.close();
});
beforeEach(() => {
  email = `ann-${randomUUID().slice(0, 8)}@example.com`;
  receiver.answer = (_hook, response) => void response.writeHead(202).end();
});

const own = () => receiver.hooks.filter(({ body }) => body.user_email === email);
const seen = (count: number) =>
  until(`${count} webhook(s)`, () => own().length >= count && own(), 30_000);
const create = async (more: object = {}) => {
  const data = { company, bot, user_email: email, ...more };
  const { status, body } = await cms.call('POST', PREFERENCES, { data });
  expect(status).toBe(201);
  return `${PREFERENCES}/${body.data.documentId}`;
};
const verify = ({ text, headers }: Hook) =>
  new Webhook(WEBHOOK.secret).verify(text, headers as Record<string, string>);

it('tells of what was created, updated, moved and deleted, signed and with the key', async () => {
  const path = await create({ user_email: email.toUpperCase(), batch_size_threshold: 8 });
  const [created] = await seen(1);
  expect(created).toMatchObject({
    path: '/webhooks/preference-updated',
    headers: { authorization: `Bearer ${WEBHOOK.apiKey}` },
    body: {
      action: 'created',
      company_id: company,
      bot_id: bot,
      preferences: { batch_size_threshold: 8, user_email: email },
    },
  });
  await cms.call('PUT', path, { data: { batch_size_threshold: 9 } });
  const [, updated] = await seen(2);
  expect(updated!.body).toMatchObject({
    action: 'updated',
    preferences: { batch_size_threshold: 9 },
  });
  await cms.call('PUT', path, { data: { bot: bot + 1 } });
  const moved = (await seen(4)).slice(2).map(({ body }) => body);
  expect(moved).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ action: 'deleted', bot_id: bot }),
      expect.objectContaining({ action: 'created', bot_id: bot + 1 }),
    ]),
  );
  await cms.call('DELETE', path);
  const all = await seen(5);
  expect(all[4]!.body).toMatchObject({ action: 'deleted', company_id: company, bot_id: bot + 1 });

  for (const hook of all) {
    expect(() => verify(hook)).not.toThrow();
    expect(() => verify({ ...hook, text: hook.text.replace(email, 'eve@example.com') })).toThrow();
    expect(preferenceWebhook.safeParse(hook.body).success).toBe(true);
    expect(Math.abs(Date.now() - Date.parse(String(hook.body.timestamp)))).toBeLessThan(60_000);
  }
  expect(new Set(all.map(({ headers }) => headers['webhook-id'])).size).toBe(5);
});

it('is sent again, under the same id, to a receiver that failed', async () => {
  const answers = [500, 429, 202];
  receiver.answer = ({ body }, response) => {
    const status = body.user_email === email ? (answers.shift() ?? 202) : 202;
    response.writeHead(status).end();
  };
  await create();
  const attempts = await seen(3);
  expect(new Set(attempts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  for (const attempt of attempts) expect(() => verify(attempt)).not.toThrow();
});

it('is sent again to a receiver that hangs, and no write waits for it', async () => {
  let givenUp = 0;
  receiver.answer = ({ body }, response) => {
    if (body.user_email !== email || own().length > 1) return void response.writeHead(202).end();
    response.on('close', () => {
      givenUp += 1;
    });
  };
  const path = await create();
  await seen(1);
  await cms.call('PUT', path, { data: { batch_size_threshold: 2 } });
  await cms.call('GET', path);
  expect(givenUp).toBe(0);
  const hooks = await seen(3);
  expect(givenUp).toBe(1);
  const first = hooks[0]!.headers['webhook-id'];
  expect(hooks.filter(({ headers }) => headers['webhook-id'] === first)).toHaveLength(2);
});

it('is not sent for a write that was refused', async () => {
  const path = await create();
  await seen(1);
  const data = { company, bot, user_email: email };
  expect((await cms.call('POST', PREFERENCES, { data })).status).toBe(409);
  expect((await cms.call('PUT', path, { data: { email_format: 'pdf' } })).status).toBe(400);
  expect((await cms.call('DELETE', `${PREFERENCES}/unknown`)).status).toBe(404);
  await cms.call('DELETE', path);
  const hooks = await seen(2);
  expect(hooks.map(({ body }) => body.action)).toEqual(['created', 'deleted']);
});
