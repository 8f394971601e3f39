import { z } from 'zod';
import type { Config } from '../../config.ts';

export type OAuthConfig = Pick<
  Config,
  | 'SMTP_OAUTH_CLIENT_ID'
  | 'SMTP_OAUTH_CLIENT_SECRET'
  | 'SMTP_OAUTH_REFRESH_TOKEN'
  | 'SMTP_OAUTH_TOKEN_URL'
  | 'SMTP_TIMEOUT_SECONDS'
>;

export interface AccessToken {
  token: string;
  /** Not to be used from here on. Milliseconds since 1970. */
  expires: number;
}

/**
 * A token that is still good.
 * @param renew true when the mail server refused the last one
 * @throws Error with the code `TOKEN_FAILURE`, whose message holds no secret
 */
export type AccessTokens = (renew: boolean) => Promise<AccessToken>;

export const TOKEN_FAILURE = 'ETOKEN';

/** A token is left this long before it ends, so that it does not end during a login. */
const MARGIN_MS = 60_000;
/** Where the token server does not say (RFC 6749, section 5.1, only recommends it). */
const DEFAULT_LIFE_SECONDS = 300;

const tokenAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().optional().catch(undefined),
});
const errorAnswer = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) });

/**
 * Access tokens for one login, kept while they are good and shared by all connections; one request at
 * a time is under way. Undefined where the configuration asks for a password.
 * @param now the clock, in milliseconds
 */
export function accessTokens(
  config: OAuthConfig,
  now: () => number = Date.now,
): AccessTokens | undefined {
  if (!config.SMTP_OAUTH_TOKEN_URL) return undefined;
  let kept: AccessToken | undefined;
  let underWay: Promise<AccessToken> | undefined;

  return async (renew) => {
    if (kept && !renew && kept.expires > now()) return kept;
    underWay ??= refresh(config, now()).finally(() => {
      underWay = undefined;
    });
    kept = await underWay;
    return kept;
  };
}

/** The refresh grant of RFC 6749, section 6. */
async function refresh(config: OAuthConfig, askedAt: number): Promise<AccessToken> {
  const form = {
    grant_type: 'refresh_token',
    refresh_token: config.SMTP_OAUTH_REFRESH_TOKEN ?? '',
    client_id: config.SMTP_OAUTH_CLIENT_ID ?? '',
    ...(config.SMTP_OAUTH_CLIENT_SECRET && { client_secret: config.SMTP_OAUTH_CLIENT_SECRET }),
  };
  const response = await fetch(config.SMTP_OAUTH_TOKEN_URL ?? '', {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams(form),
    redirect: 'error',
    signal: AbortSignal.timeout(config.SMTP_TIMEOUT_SECONDS * 1000),
  }).catch(() => {
    throw failure('cannot be reached: check SMTP_OAUTH_TOKEN_URL');
  });
  const body: unknown = await response.json().catch(() => undefined);
  const answer = tokenAnswer.safeParse(body);
  if (response.ok && answer.success) {
    const { access_token, expires_in = DEFAULT_LIFE_SECONDS } = answer.data;
    const lifeMs = expires_in * 1000;
    return { token: access_token, expires: askedAt + Math.max(lifeMs - MARGIN_MS, lifeMs / 2) };
  }
  const code = errorAnswer.safeParse(body).data?.error ?? 'no token in the answer';
  throw failure(`gave no token (${response.status}, ${code}): check SMTP_OAUTH_*`);
}

function failure(what: string): Error {
  return Object.assign(new Error(`The OAuth token server ${what}`), { code: TOKEN_FAILURE });
}
