import { createHmac, timingSafeEqual } from 'node:crypto';

/** What the link in a mail says: which mail it stood in, whose it is, and until when it is good. */
export interface UnsubscribeLink {
  company_id: number;
  bot_id: number;
  /** Row of the mail; the address is looked up there and never travels in the link. */
  email_id: number;
  expires_at: Date;
}

const VERSION = '1';

/**
 * A token for a URL: version, payload and an HMAC-SHA256 over both, base64url, with dots between.
 * Seconds are the finest it keeps of the expiry.
 */
export function signUnsubscribeLink(link: UnsubscribeLink, secret: string): string {
  const seconds = Math.floor(link.expires_at.getTime() / 1000);
  const fields = [link.company_id, link.bot_id, link.email_id, seconds];
  const signed = `${VERSION}.${Buffer.from(fields.join(' ')).toString('base64url')}`;
  return `${signed}.${signatureOf(signed, secret).toString('base64url')}`;
}

/**
 * Reads a token somebody came with.
 * @param secrets any of them may have signed it
 * @returns the link, or why it counts for nothing
 */
export function readUnsubscribeLink(
  token: string,
  secrets: readonly string[],
  now: Date,
): UnsubscribeLink | 'forged' | 'expired' {
  const [version, payload = '', signature = '', ...rest] = token.split('.');
  if (version !== VERSION || rest.length > 0) return 'forged';
  const given = Buffer.from(signature, 'base64url');
  const signedBy = (secret: string) => {
    const expected = signatureOf(`${version}.${payload}`, secret);
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
  if (!secrets.some(signedBy)) return 'forged';
  const fields = Buffer.from(payload, 'base64url').toString().split(' ').map(Number);
  const [company_id = 0, bot_id = 0, email_id = 0, seconds = 0] = fields;
  const expires_at = new Date(seconds * 1000);
  return now >= expires_at ? 'expired' : { company_id, bot_id, email_id, expires_at };
}

/** The purpose is part of what is signed, so that the secret may sign other things as well. */
function signatureOf(signed: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(`unsubscribe ${signed}`).digest();
}
