import { Webhook } from 'standardwebhooks';
import { documentId, type System } from './system.ts';

/**
 * Tells the API of changed preferences as a CMS does, signed.
 * @param secret that of `WEBHOOK_SECRET`
 * @returns the status of the answer
 */
export async function sendPreferenceWebhook(
  { url, deps }: System,
  secret: string,
  change: object,
): Promise<number> {
  const now = new Date();
  const id = `msg_${documentId()}`;
  const body = JSON.stringify({ ...change, timestamp: now.toISOString() });
  const { status } = await fetch(`${url}/webhooks/preference-updated`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${deps.config.INGESTION_SERVICE_API_KEY[0]}`,
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, now, body),
    },
    body,
  });
  return status;
}
