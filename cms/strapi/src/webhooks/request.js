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
  await inTime(stop, async (signal) => {
    const url = `${baseUrl.replace(/\/+$/, '')}/webhooks/preference-updated`;
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal,
      headers,
      body,
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the receiver answered ${response.status}`);
  });
}

/**
 * Not AbortSignal.any: on Node 20 the parts of a combined signal may be collected as garbage, and its
 * time-out never comes.
 */
async function inTime(stop, work) {
  const given = new AbortController();
  const giveUp = () => given.abort(stop.reason);
  const timer = setTimeout(() => {
    given.abort(new DOMException('no answer in time', 'TimeoutError'));
  }, TIMEOUT_MS);
  stop.addEventListener('abort', giveUp, { once: true });
  if (stop.aborted) giveUp();
  try {
    await work(given.signal);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', giveUp);
  }
}

module.exports = { postWebhook };
