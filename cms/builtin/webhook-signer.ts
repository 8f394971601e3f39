import { Webhook } from 'standardwebhooks';

/**
 * The Standard Webhooks signer of a secret: `whsec_` and base64 as that standard writes it, or any
 * other text, whose UTF-8 bytes are the key.
 * @throws Error when the text after `whsec_` is not base64
 */
export function webhookSigner(secret: string): Webhook {
  if (secret.startsWith('whsec_')) return new Webhook(secret);
  return new Webhook(new TextEncoder().encode(secret), { format: 'raw' });
}
