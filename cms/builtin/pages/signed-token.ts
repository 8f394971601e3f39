import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a token is good for. It is part of what is signed: no token passes for another kind. */
export type TokenPurpose = 'preferences link' | 'person session' | 'admin session';

const VERSION = '1';

/** What was wrong with a token, or what it says. */
export type TokenReading<Claims> =
  | { valid: true; claims: Claims; expiresAt: Date }
  | { valid: false; why: 'forged' | 'expired' };

/**
 * A token for a URL or a cookie: version, payload and an HMAC-SHA256 over both, base64url, with dots
 * between. The payload can be read by its holder. The expiry is kept in whole seconds.
 */
export function signToken(
  purpose: TokenPurpose,
  claims: object,
  expiresAt: Date,
  secret: string,
): string {
  const payload = JSON.stringify([Math.floor(expiresAt.getTime() / 1000), claims]);
  const signed = `${VERSION}.${Buffer.from(payload).toString('base64url')}`;
  return `${signed}.${signatureOf(`${purpose} ${signed}`, secret)}`;
}

/**
 * Reads a token somebody came with.
 * @param secrets any of them may have signed it
 * @param fits reads the claims; throws where they are not what this purpose carries
 */
export function readToken<Claims>(
  purpose: TokenPurpose,
  token: string,
  secrets: readonly string[],
  now: Date,
  fits: (claims: unknown) => Claims,
): TokenReading<Claims> {
  const [version, payload = '', signature = '', ...rest] = token.split('.');
  const signed = `${purpose} ${version}.${payload}`;
  const ours = secrets.some((secret) => sameText(signature, signatureOf(signed, secret)));
  if (version !== VERSION || rest.length > 0 || !ours) return { valid: false, why: 'forged' };
  const [seconds, claims] = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const expiresAt = new Date(seconds * 1000);
  if (now >= expiresAt) return { valid: false, why: 'expired' };
  return { valid: true, claims: fits(claims), expiresAt };
}

/** HMAC-SHA256 as base64url. */
export function signatureOf(text: string, secret: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}

/** Whether two texts are the same, in a time that does not tell how much of them is. */
export function sameText(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
