import { z } from 'zod';
import type { PreferenceOwner } from '../contracts/preferences.ts';
import { findEmail } from '../db/queries/emails.ts';
import { recordOptOut } from '../db/queries/opt-outs.ts';
import type { Deps } from '../deps.ts';
import { readUnsubscribeLink } from '../domain/unsubscribe-link.ts';
import { type Answer, route } from './route.ts';
import { unsubscribePage } from './unsubscribe-page.ts';

/** The link is a secret of its reader: nothing may keep the page or be told where it was. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Robots-Tag': 'noindex',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
};

function page(status: number, ...content: Parameters<typeof unsubscribePage>): Answer {
  const raw = { type: 'text/html; charset=utf-8', content: unsubscribePage(...content) };
  const headers = status === 503 ? { ...HEADERS, 'Retry-After': '60' } : HEADERS;
  return { status, raw, headers };
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
async function withOwner(
  deps: Deps,
  token: string,
  then: (owner: PreferenceOwner) => Promise<Answer>,
): Promise<Answer> {
  try {
    const owner = await ownerOf(deps, token);
    if (owner === 'expired') return page(410, 'expired');
    if (owner === 'forged') return page(404, 'unknown');
    return await then(owner);
  } catch (error) {
    deps.log.error({ err: error }, 'an unsubscribe link could not be served');
    return page(503, 'unavailable');
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
    handle: ({ deps, params: { token } }) =>
      withOwner(deps, token, async (owner) => page(200, 'ask', owner)),
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
    handle: ({ deps, params: { token } }) =>
      withOwner(deps, token, async (owner) => {
        await recordOptOut(deps.db.sql, owner);
        return page(200, 'done', owner);
      }),
  }),
];
