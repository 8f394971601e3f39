import type { Request } from 'express';
import { z } from 'zod';
import {
  type PreferenceOwner,
  preferenceInput,
  preferenceOwner,
} from '../../../src/contracts/preferences.ts';
import { validatedData } from '../problem.ts';
import type { PageSettings } from './sessions.ts';
import { readToken, signToken, type TokenReading } from './signed-token.ts';

/** How long a person's link lets them in, in days. */
export const LINK_DAYS = 7;
const DAY_MS = 86_400_000;

/** Where a link leads; its token stands in the query, which the access log does not keep. */
const LINK_PATH = '/preferences/link';

const claims = z
  .tuple([z.number(), z.number(), z.string()])
  .transform(([company, bot, email]) =>
    preferenceOwner.parse({ company_id: company, bot_id: bot, user_email: email }),
  );

/** The link that lets one person change their own preferences for one bot. */
export function personLink(
  baseUrl: string,
  owner: PreferenceOwner,
  secret: string,
  now: Date,
): { url: string; expiresAt: Date } {
  const expiresAt = new Date(now.getTime() + LINK_DAYS * DAY_MS);
  const whose = [owner.company_id, owner.bot_id, owner.user_email];
  const token = signToken('preferences link', whose, expiresAt, secret);
  return { url: `${baseUrl}${LINK_PATH}?token=${token}`, expiresAt };
}

const linkOwner = preferenceInput.pick({ company: true, bot: true, user_email: true });

/**
 * Whom a link is to be for, from a form.
 * @throws Problem 400 naming each field at fault
 */
export function ownerOfLink(data: object): PreferenceOwner {
  const { company, bot, user_email } = validatedData(linkOwner, { data });
  return { company_id: company, bot_id: bot, user_email };
}

/** Where links lead: the public address, or the one the admin uses. */
export function baseUrlOf({ publicUrl }: PageSettings, request: Request): string {
  return publicUrl?.replace(/\/+$/, '') ?? `${request.protocol}://${request.get('host')}`;
}

/** Whose link it is, or why it is none. */
export function readLink(
  token: string,
  secrets: readonly string[],
  now: Date,
): TokenReading<PreferenceOwner> {
  return readToken('preferences link', token, secrets, now, claims.parse);
}
