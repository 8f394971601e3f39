import type { CookieOptions, Request, Response } from 'express';
import { z } from 'zod';
import { type PreferenceOwner, preferenceOwner } from '../../../src/contracts/preferences.ts';
import { readToken, sameText, signatureOf, signToken, type TokenPurpose } from './signed-token.ts';

/** What the pages sign with, and where people reach them. */
export interface PageSettings {
  /** The first signs, all are accepted. Never empty. */
  secrets: string[];
  apiTokens: string[];
  /** Base address as people see it; taken from the request where it is absent. */
  publicUrl?: string;
}

/** Somebody who is logged in. `csrf` proves that a form came from our own page. */
export interface Session<Claims> {
  claims: Claims;
  csrf: string;
}

const MINUTE_MS = 60_000;
const KINDS = {
  person: { purpose: 'person session', cookie: 'tidings-person', lastsMs: 60 * MINUTE_MS },
  admin: { purpose: 'admin session', cookie: 'tidings-admin', lastsMs: 480 * MINUTE_MS },
} as const satisfies Record<string, { purpose: TokenPurpose; cookie: string; lastsMs: number }>;
type Kind = keyof typeof KINDS;

export type Sessions = ReturnType<typeof pageSessions>;

/**
 * Sessions that live in a signed cookie, so that every process of the CMS knows them and none keeps
 * them. An admin's ends with the token it was begun with; a person's is for one set of preferences.
 */
export function pageSessions(settings: PageSettings, now: () => Date = () => new Date()) {
  const [secret = ''] = settings.secrets;
  const secure = settings.publicUrl?.startsWith('https:') ?? false;
  const options: CookieOptions = { httpOnly: true, sameSite: 'lax', secure, path: '/' };
  const nameOf = (kind: Kind) => `${secure ? '__Host-' : ''}${KINDS[kind].cookie}`;
  const fingerprint = (token: string) => signatureOf(`admin token ${token}`, secret);

  const begin = (response: Response, kind: Kind, claims: object) => {
    const { purpose, lastsMs } = KINDS[kind];
    const token = signToken(purpose, claims, new Date(now().getTime() + lastsMs), secret);
    response.cookie(nameOf(kind), token, { ...options, maxAge: lastsMs });
  };
  const current = <Claims>(request: Request, kind: Kind, fits: (claims: unknown) => Claims) => {
    const token = cookieOf(request, nameOf(kind));
    const { secrets } = settings;
    const reading = readToken(KINDS[kind].purpose, token, secrets, now(), fits);
    if (!reading.valid) return null;
    return { claims: reading.claims, csrf: signatureOf(`form ${token}`, secret) };
  };

  return {
    beginPerson: (response: Response, owner: PreferenceOwner) => begin(response, 'person', owner),
    person: (request: Request): Session<PreferenceOwner> | null =>
      current(request, 'person', (claims) => preferenceOwner.parse(claims)),
    beginAdmin: (response: Response, apiToken: string) =>
      begin(response, 'admin', { token: fingerprint(apiToken) }),
    admin: (request: Request): Session<unknown> | null => {
      const session = current(request, 'admin', (claims) => adminClaims.parse(claims));
      const known = (token: string) => settings.apiTokens.map(fingerprint).includes(token);
      return session && known(session.claims.token) ? session : null;
    },
    end: (response: Response, kind: Kind) => response.clearCookie(nameOf(kind), options),
    sameForm: (session: Session<unknown>, given: string) => sameText(given, session.csrf),
  };
}

const adminClaims = z.object({ token: z.string() });

function cookieOf(request: Request, name: string): string {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([key]) => key === name)?.[1] ?? '';
}
