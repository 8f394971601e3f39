import postgres from 'postgres';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { preferenceWebhook } from '../../src/contracts/preferences.ts';
import { emptyDatabase, type RunningCms, runCms } from '../support/builtin-cms.ts';
import { answerJson, type HttpDouble, httpDouble } from '../support/http-double.ts';

const PREFERENCES = '/api/user-notification-preferences';
const SECRET = `whsec_${Buffer.from('a webhook secret of the tests').toString('base64')}`;
const WITHIN = { timeout: 20_000, interval: 20 };

let database: Awaited<ReturnType<typeof emptyDatabase>>;
let receiver: HttpDouble;
let running: RunningCms[];

beforeEach(async () => {
  database = await emptyDatabase();
  receiver = await httpDouble((_asked, response) => answerJson(response, 202, {}));
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((cms) => cms.close()));
  await receiver.close();
  await database.drop();
});

async function start(secret?: string): Promise<RunningCms> {
  const webhook = { baseUrl: `${receiver.url}/`, apiKey: 'producer-key', secret };
  const cms = await runCms(database.url, { webhook });
  running.push(cms);
  return cms;
}
const create = (cms: RunningCms, email: string) =>
  cms.call('POST', PREFERENCES, { data: { company: 1, bot: 2, user_email: email } });
const actions = () => receiver.asked.map(({ body }) => preferenceWebhook.parse(body).action);

it('tells of what was created, updated, moved and deleted, signed and with the key', async () => {
  const cms = await start(SECRET);
  const signatures: unknown[] = [];
  receiver.answer = (_asked, response) => {
    signatures.push(response.req.headers);
    answerJson(response, 202, {});
  };
  const { body } = await create(cms, 'ann@example.com');
  await vi.waitFor(() => expect(actions()).toEqual(['created']), WITHIN);
  const path = `${PREFERENCES}/${body.data.id}`;
  await cms.call('PUT', path, { data: { batch_size_threshold: 8 } });
  await vi.waitFor(() => expect(actions()).toEqual(['created', 'updated']), WITHIN);
  expect(receiver.asked[1]).toMatchObject({
    path: '/webhooks/preference-updated',
    authorization: 'Bearer producer-key',
    body: {
      company_id: 1,
      bot_id: 2,
      user_email: 'ann@example.com',
      preferences: { batch_size_threshold: 8 },
    },
  });
  const sent = JSON.stringify(receiver.asked[1]!.body);
  const headers = signatures[1] as Record<string, string>;
  expect(() => new Webhook(SECRET).verify(sent, headers)).not.toThrow();

  await cms.call('PUT', path, { data: { bot: 3 } });
  await vi.waitFor(() => expect(receiver.asked).toHaveLength(4), WITHIN);
  expect(receiver.asked.slice(2).map((asked) => asked.body)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ action: 'deleted', bot_id: 2 }),
      expect.objectContaining({ action: 'created', bot_id: 3 }),
    ]),
  );
  await cms.call('DELETE', path);
  await vi.waitFor(() => expect(actions()[4]).toBe('deleted'), WITHIN);
  expect(receiver.asked[4]!.body).not.toHaveProperty('preferences');
});

it('is sent again until it is taken, with the same id, and a refused write sends nothing', async () => {
  const cms = await start();
  const ids: unknown[] = [];
  receiver.answer = (_asked, response) => {
    ids.push(response.req.headers['webhook-id']);
    answerJson(response, ids.length < 3 ? 500 : 202, {});
  };
  await create(cms, 'ann@example.com');
  expect((await create(cms, 'ann@example.com')).status).toBe(409);
  await vi.waitFor(() => expect(ids).toHaveLength(3), WITHIN);
  expect(new Set(ids).size).toBe(1);
  await vi.waitFor(async () => {
    const metrics = await (await fetch(`${cms.url}/metrics`)).text();
    expect(metrics).toContain('webhook_notifications_sent_total 1');
    expect(metrics).toContain('webhook_notification_errors_total 2');
  }, WITHIN);
  const { body } = await cms.call('GET', '/api/health');
  expect(body.services.ingestion_service).toBe('healthy');
});

it('survives the death of the CMS before anybody took it', async () => {
  const first = await start();
  receiver.answer = () => {};
  await create(first, 'ann@example.com');
  await vi.waitFor(() => expect(receiver.asked).toHaveLength(1), WITHIN);
  await first.close();
  running = [];
  receiver.answer = (_asked, response) => answerJson(response, 202, {});
  await start();
  await vi.waitFor(() => expect(receiver.asked).toHaveLength(2), WITHIN);
  // The same message, with the time of its own delivery: receivers refuse old ones.
  const [before, after] = receiver.asked.map(({ body }) => body as { timestamp: string });
  expect({ ...after, timestamp: '' }).toEqual({ ...before, timestamp: '' });
  expect(Date.parse(after!.timestamp)).toBeGreaterThan(Date.parse(before!.timestamp));
});

it('is sent by one process only, however many there are', async () => {
  const ids: unknown[] = [];
  receiver.answer = (_asked, response) => {
    ids.push(response.req.headers['webhook-id']);
    setImmediate(() => answerJson(response, 202, {}));
  };
  const all = await Promise.all([start(), start(), start()]);
  await Promise.all(
    Array.from({ length: 60 }, (_, index) => create(all[index % 3]!, `p${index}@example.com`)),
  );
  const sql = postgres(database.url, { max: 1 });
  await vi
    .waitFor(async () => {
      const [row] =
        await sql`select count(*)::int as due from webhook_outbox where delivered_at is null`;
      expect(row!.due).toBe(0);
    }, WITHIN)
    .finally(() => sql.end());
  expect(ids).toHaveLength(60);
  expect(new Set(ids).size).toBe(60);
});
