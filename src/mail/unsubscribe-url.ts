import type { Config } from '../config.ts';
import { signUnsubscribeLink } from '../domain/unsubscribe-link.ts';

type LinkConfig = Pick<Config, 'PUBLIC_URL' | 'LINK_SECRET' | 'UNSUBSCRIBE_LINK_DAYS'>;

/** What of a mail's row its link is made of. */
export interface LinkedMail {
  id: number;
  email_type: string;
  company_id: number | null;
  bot_id: number | null;
  rendered_at: Date | null;
}

const DAY_MS = 24 * 3_600_000;

/**
 * Where the reader of a mail can stop the mails: the address in its header and in its footer, valid for
 * `UNSUBSCRIBE_LINK_DAYS` and the rest of that day (UTC). Whole days make it the same address when the
 * mail is rendered and, a moment later, when its headers are written.
 * @param now counts for a mail that is being rendered
 * @returns undefined without `PUBLIC_URL`, and for alerts, which operators cannot unsubscribe from
 */
export function unsubscribeUrl(
  { id, email_type, company_id, bot_id, rendered_at }: LinkedMail,
  { PUBLIC_URL, LINK_SECRET, UNSUBSCRIBE_LINK_DAYS }: LinkConfig,
  now: Date,
): string | undefined {
  const secret = LINK_SECRET?.[0];
  if (!PUBLIC_URL || !secret || email_type === 'error_alert') return undefined;
  if (company_id === null || bot_id === null) return undefined;
  const today = Math.floor((rendered_at ?? now).getTime() / DAY_MS);
  const expires_at = new Date((today + 1 + UNSUBSCRIBE_LINK_DAYS) * DAY_MS);
  const token = signUnsubscribeLink({ company_id, bot_id, email_id: id, expires_at }, secret);
  return new URL(`${PUBLIC_URL.replace(/\/+$/, '')}/unsubscribe/${token}`).href;
}
