import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { documentId, person, type System, startSystem } from '../support/system.ts';

/** What the preference webhook takes for signed by the CMS (Standard Webhooks). */

const secretOf = (text: string) => `whsec_${Buffer.from(text).toString('base64')}`;
const SECRET = secretOf('the secret of the signed webhooks');

let system: System;
beforeAll(async () => {
  system = await startSystem({ workers: false, env: { WEBHOOK_SECRET: SECRET } });
});
afterAll(() => system.stop());

interface Changes {
  secret?: string;
  /** When it was signed, in seconds from now. */
  signedAt?: number;
  /** What is sent in place of the body that was signed. */
  sent?: (body: string) => string;
  headers?: (signature: string) => Record<string, string>;
  before?: string;
}

async function statusOf({ secret = SECRET, signedAt = 0, before = '', ...how }: Changes = {}) {
  const now = Date.now();
  const timestamp = new Date(now).toISOString();
  const payload = { action: 'updated', company_id: 1, bot_id: 1, user_email: person(), timestamp };
  const body = before + JSON.stringify(payload);
  const [id, at] = [documentId('msg'), new Date(now + signedAt * 1000)];
  const signature = new Webhook(secret).sign(id, at, body);
  const { status } = await fetch(`${system.url}/webhooks/preference-updated`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${system.deps.config.INGESTION_SERVICE_API_KEY[0]}`,
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signature,
      ...how.headers?.(signature),
    },
    body: how.sent?.(body) ?? body,
  });
  return status;
}

const lines = (text: string) => text.replaceAll(',"', ', "');

it.each<[string, Changes]>([
  ['one of ours', {}],
  ['one of several', { headers: (ours) => ({ 'webhook-signature': `v1,AAAA v1a,x ${ours}` }) }],
  ['one over a body that begins with a byte order mark', { before: '\ufeff' }],
])('a signature is good: %s', async (_, changes) => {
  expect(await statusOf(changes)).toBe(202);
});

it.each<[string, Changes]>([
  ['by another secret', { secret: secretOf('somebody elses') }],
  ['over another body', { sent: (body) => body.replace('"bot_id":1', '"bot_id":2') }],
  ['over other bytes that say the same', { sent: lines }],
  ['six minutes old', { signedAt: -360 }],
  ['of the future', { signedAt: 360 }],
  [
    'of another version',
    { headers: (ours) => ({ 'webhook-signature': ours.replace('v1', 'v2') }) },
  ],
  ['cut off', { headers: (ours) => ({ 'webhook-signature': ours.slice(0, -1) }) }],
  ['empty', { headers: () => ({ 'webhook-signature': 'v1,' }) }],
  ['a version alone', { headers: () => ({ 'webhook-signature': 'v1' }) }],
  ['not there', { headers: () => ({ 'webhook-signature': '' }) }],
  ['of another message', { headers: () => ({ 'webhook-id': 'msg_other' }) }],
  ['without a time', { headers: () => ({ 'webhook-timestamp': 'now' }) }],
])('a signature is none: %s', async (_, changes) => {
  expect(await statusOf(changes)).toBe(401);
});
