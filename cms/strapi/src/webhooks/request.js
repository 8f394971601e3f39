const { Webhook } = require('standardwebhooks');

const TIMEOUT_MS = 5000;

/** A `whsec_` secret is base64, as Standard Webhooks writes it; any other text is the key's UTF-8 bytes. */
function signer(secret) {
  if (secret.startsWith('whsec_')) return new Webhook(secret);
  return new Webhook(new TextEncoder().encode(secret), { format: 'raw' });
}

/**
 * Sends one webhook, signed now, because receivers refuse old timestamps.
 * @param target `{ baseUrl, apiKey, secret }` of the receiver
 * @param message a row of the outbox
 * @param stop ends the attempt early
 * @throws Error when there is no 2xx answer within 5 seconds; its message names no secret
 */
async function postWebhook({ baseUrl, apiKey, secret }, { message_id, payload }, stop) {
  const now = new Date();
  const body = JSON.stringify({ ...JSON.parse(payload), timestamp: now.toISOString() });
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${apiKey}`,
    'webhook-id': message_id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
  };
  if (secret) headers['webhook-signature'] = signer(secret).sign(message_id, now, body);
  const response = await fetch(`${baseUrl.replace(/\/+$/, '')}/webhooks/preference-updated`, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.any([stop, AbortSignal.timeout(TIMEOUT_MS)]),
    headers,
    body,
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the receiver answered ${response.status}`);
}

module.exports = { postWebhook };
