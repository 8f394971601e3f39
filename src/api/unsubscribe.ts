import type { Request } from 'express';
import { z } from 'zod';
import type { PreferenceOwner } from '../contracts/preferences.ts';
import { findEmail } from '../db/queries/emails.ts';
import { recordOptOut } from '../db/queries/opt-outs.ts';
import type { Deps } from '../deps.ts';
import { readUnsubscribeLink } from '../domain/unsubscribe-link.ts';
import { chooseLocale, LOCALES } from '../mail/locales/index.ts';
import { type Answer, type Call, route } from './route.ts';
import { type UnsubscribeContent, unsubscribePage } from './unsubscribe-page.ts';

/** The link is a secret of its reader: nothing may keep the page or be told where it was. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Robots-Tag': 'noindex',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
};

/** A person's own language where we know who it is, else one their browser asks for. */
async function localeFor(deps: Deps, request: Request, content: UnsubscribeContent) {
  if (!('owner' in content))
    return chooseLocale(
      request.acceptsLanguages(LOCALES.map(({ language }) => language)) || undefined,
    ).locale;
  const { settings } = await deps.preferences.resolve(content.owner);
  return chooseLocale(settings.locale).locale;
}

/** Who holds the link, or why it is not good: the address stands in the row of the mail. */
async function ownerOf(deps: Deps, token: string): Promise<PreferenceOwner | 'forged' | 'expired'> {
  const link = readUnsubscribeLink(token, deps.config.LINK_SECRET ?? [], new Date());
  if (typeof link === 'string') return link;
  const email = await findEmail(deps.db.sql, link.email_id);
  const { company_id, bot_id } = link;
  if (email?.company_id !== company_id || email.bot_id !== bot_id) return 'forged';
  return { company_id, bot_id, user_email: email.recipient_email };
}

/** A person reads what comes of it, whatever it is: never a problem document. */
async function answer(
  { deps, params: { token }, request }: Call<{ token: string }, unknown, unknown>,
  show: 'ask' | 'done',
): Promise<Answer> {
  const page = async (status: number, content: UnsubscribeContent): Promise<Answer> => {
    const html = unsubscribePage(await localeFor(deps, request, content), content);
    const raw = { type: 'text/html; charset=utf-8', content: html };
    const headers = status === 503 ? { ...HEADERS, 'Retry-After': '60' } : HEADERS;
    return { status, raw, headers };
  };
  try {
    const owner = await ownerOf(deps, token);
    if (owner === 'expired') return await page(410, { show: 'expired' });
    if (owner === 'forged') return await page(404, { show: 'unknown' });
    if (show === 'done') await recordOptOut(deps.db.sql, owner);
    return await page(200, { show, owner });
  } catch (error) {
    deps.log.error({ err: error }, 'an unsubscribe link could not be served');
    return page(503, { show: 'unavailable' });
  }
}

const params = z.object({ token: z.string() });
const failures = {
  404: { description: 'No link of ours' },
  410: { description: 'The link has expired' },
  503: { description: 'The database does not answer; the page says to try again' },
};

export const unsubscribeRoutes = [
  route({
    method: 'get',
    path: '/unsubscribe/:token',
    access: 'open',
    tag: 'Unsubscribe',
    summary: 'A page that asks whether the mails shall stop; changes nothing',
    params,
    answers: { 200: { description: 'The page' }, ...failures },
    handle: (call) => answer(call, 'ask'),
  }),
  // No body is read: mail programs post `List-Unsubscribe=One-Click` as a form of either encoding, the
  // page's button posts nothing, and posting to a signed link is the wish itself.
  route({
    method: 'post',
    path: '/unsubscribe/:token',
    access: 'open',
    tag: 'Unsubscribe',
    summary: "Stop a bot's mails to the person the link was mailed to (RFC 8058)",
    params,
    answers: { 200: { description: 'They stop; the CMS is told' }, ...failures },
    handle: (call) => answer(call, 'done'),
  }),
];
