import type { Request } from 'express';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { HttpProblem } from './problem.ts';

/** Webhooks further from now, in milliseconds, are refused: a recorded one cannot be sent again later. */
const TOLERANCE_MS = 5 * 60_000;

/** The bytes a request came with; the parser keeps them for routes that check signatures. */
export interface RawRequest extends Request {
  rawBody?: Buffer;
}

/**
 * Checks that a webhook is recent and, where a secret is set, signed as Standard Webhooks describes
 * it: `webhook-id`, `webhook-timestamp`, `webhook-signature` over the raw body.
 * @param sentAt the payload's own timestamp
 * @throws HttpProblem 400 for an old one or one of the future, 401 for a missing or wrong signature
 */
export function verifyWebhook(secret: string | undefined, request: RawRequest, sentAt: Date): void {
  const age = Date.now() - sentAt.getTime();
  if (Math.abs(age) > TOLERANCE_MS) {
    const how = age > 0 ? 'older than five minutes' : 'more than five minutes ahead';
    throw new HttpProblem(400, 'Invalid request', `The webhook is ${how}.`, {
      errors: [{ path: 'timestamp', message: `is ${how}` }],
    });
  }
  if (!secret) return;
  const headers: Record<string, string> = {};
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature'])
    headers[name] = request.get(name) ?? '';
  try {
    // It has been read already, and by a reader that knows byte order marks.
    signer(secret).verify(request.rawBody ?? '', headers, { jsonParse: false });
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    throw new HttpProblem(
      401,
      'Unauthorized',
      `The webhook signature is not valid: ${error.message}.`,
    );
  }
}

/** A `whsec_…` secret is base64, as the standard writes it; any other text is the key's UTF-8 bytes. */
function signer(secret: string): Webhook {
  if (secret.startsWith('whsec_')) return new Webhook(secret);
  return new Webhook(new TextEncoder().encode(secret), { format: 'raw' });
}
