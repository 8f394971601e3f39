import { withDeadline } from '../../src/deadline.ts';
import type { CmsConfig } from './config.ts';
import { webhookSigner } from './webhook-signer.ts';

const TIMEOUT_MS = 5000;

/** Where and how webhooks are sent. */
export type WebhookTarget = NonNullable<CmsConfig['webhook']>;

/**
 * Sends one webhook: Bearer key and, with a secret, a Standard Webhooks signature made now, because
 * receivers refuse old ones.
 * @param stop ends the attempt early
 * @throws Error when there is no answer within 5 seconds or it is not 2xx; its message names no secret
 */
export async function postWebhook(
  target: WebhookTarget,
  message: { message_id: string; payload: string },
  stop: AbortSignal,
): Promise<void> {
  const now = new Date();
  await withDeadline(TIMEOUT_MS, stop, (signal) => send(target, message, now, signal));
}

async function send(
  target: WebhookTarget,
  message: { message_id: string; payload: string },
  now: Date,
  signal: AbortSignal,
): Promise<void> {
  // Receivers refuse old timestamps, and this delivery may be a late one.
  const body = JSON.stringify({ ...JSON.parse(message.payload), timestamp: now.toISOString() });
  const response = await fetch(
    `${target.baseUrl.replace(/\/+$/, '')}/webhooks/preference-updated`,
    {
      method: 'POST',
      redirect: 'manual',
      signal,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${target.apiKey}`,
        'webhook-id': message.message_id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        ...(target.secret
          ? {
              'webhook-signature': webhookSigner(target.secret).sign(message.message_id, now, body),
            }
          : {}),
      },
      body,
    },
  );
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the receiver answered ${response.status}`);
}
