import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';

/** A CMS that is away from the start, and webhooks that say they come from it. */

const SECRET = `whsec_${Buffer.from('a secret of the webhook flows').toString('base64')}`;
const PATH = '/webhooks/preference-updated';

let system: System;
beforeAll(async () => {
  system = await startSystem({
    env: {
      CMS_API_URL: 'http://127.0.0.1:1',
      WEBHOOK_SECRET: SECRET,
      DEFAULT_BATCH_SIZE_THRESHOLD: '3',
      DEFAULT_NOTIFICATION_DELAY_MINUTES: '11',
    },
  });
});
afterAll(() => system.stop());

it('mail goes out by our defaults, and the batch says so', async () => {
  const ada = person();
  await system.push(...[1, 2, 3].map(() => event(ada, documentId())));
  expect(await system.mails(ada)).toHaveLength(1);
  const { body } = await system.call('GET', `/api/batches?user_email=${ada}`);
  expect(body.data).toMatchObject([
    {
      closed_by: 'threshold',
      preferences_source: 'defaults',
      preferences_age_seconds: 0,
      user_preferences_snapshot: { batch_size_threshold: 3, notification_delay_minutes: 11 },
    },
  ]);
  const path = `/api/user-notification-preferences/by-user/1/1/${ada}`;
  expect((await system.call('GET', path)).body).toMatchObject({
    data: { user_email: ada, batch_size_threshold: 3 },
    cache_hit: false,
    fallback_applied: true,
    source: 'defaults',
  });
});

describe('a webhook', () => {
  const payload = (change: object = {}) =>
    JSON.stringify({
      action: 'updated',
      company_id: 1,
      bot_id: 1,
      user_email: person(),
      preferences: null,
      timestamp: new Date().toISOString(),
      ...change,
    });

  /** Standard Webhooks: an HMAC over id, time in seconds and the raw body. */
  function signed(body: string, secret = SECRET, at = Date.now()): Record<string, string> {
    const [id, time] = ['msg_1', String(Math.floor(at / 1000))];
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
    return {
      'webhook-id': id,
      'webhook-timestamp': time,
      'webhook-signature': `v1,${signature}`,
    };
  }
  async function post(body: string, headers: Record<string, string>): Promise<number> {
    const key = system.deps.config.INGESTION_SERVICE_API_KEY[0];
    const all = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers };
    const response = await fetch(system.url + PATH, { method: 'POST', headers: all, body });
    return response.status;
  }

  it('with a right signature is taken', async () => {
    const body = payload();
    expect(await post(body, signed(body))).toBe(202);
  });
  it('over the bytes as they came, whatever their form', async () => {
    const body = JSON.stringify(JSON.parse(payload()), null, 3);
    expect(await post(body, signed(body))).toBe(202);
  });
  it.each([
    ['no signature', () => ({})],
    ['another secret', (body: string) => signed(body, `whsec_${btoa('another')}`)],
    ['another body', () => signed(payload())],
    ['an old signature', (body: string) => signed(body, SECRET, Date.now() - 600_000)],
  ])('with %s is refused', async (_, headers) => {
    const body = payload();
    expect(await post(body, headers(body))).toBe(401);
  });
  it('that was sent too long ago is refused', async () => {
    const body = payload({ timestamp: new Date(Date.now() - 6 * 60_000).toISOString() });
    expect(await post(body, signed(body))).toBe(400);
  });
  it('without a key is refused, signed or not', async () => {
    const body = payload();
    expect(await post(body, { ...signed(body), authorization: '' })).toBe(401);
  });
});
