import type { Config } from '../config.ts';
import { ownerKey } from '../domain/owner.ts';
import { messageIdFor } from './message.ts';
import { type LinkedMail, unsubscribeUrl } from './unsubscribe-url.ts';

/** What of a mail's row its headers are made of. */
export interface HeadedMail extends LinkedMail {
  recipient_email: string;
}

type HeaderConfig = Pick<
  Config,
  'FROM_EMAIL' | 'PUBLIC_URL' | 'LINK_SECRET' | 'UNSUBSCRIBE_LINK_DAYS'
>;

/** Who mailbox providers' complaint figures are grouped under, last in `Feedback-ID`. */
const SENDER_ID = 'tidings';

/**
 * The headers a mail carries besides sender, recipient, subject and Message-ID.
 * - `Auto-Submitted` (RFC 3834): out-of-office replies stay away.
 * - `Feedback-ID`: type, bot and company, by which providers count complaints.
 * - `References`, `In-Reply-To` (RFC 5322, section 3.6.4): one root per company, bot and person, so
 *   that mail programs show the mails as one thread. The root is a hash and no mail has it.
 * - `List-Unsubscribe` (RFC 2369) with `PUBLIC_URL`; with https also one-click (RFC 8058).
 *
 * An alert is for operators: it belongs to no person's thread and cannot be unsubscribed from.
 */
export function mailHeaders(
  mail: HeadedMail,
  config: HeaderConfig,
  now: Date,
): Record<string, string> {
  const { company_id, bot_id, email_type } = mail;
  const common = { 'Auto-Submitted': 'auto-generated' };
  if (company_id === null || bot_id === null) return common;
  const counted = {
    ...common,
    'Feedback-ID': `${email_type}:${bot_id}:${company_id}:${SENDER_ID}`,
  };
  if (email_type === 'error_alert') return counted;
  const user_email = mail.recipient_email;
  const root = messageIdFor(
    `thread:${ownerKey({ company_id, bot_id, user_email })}`,
    config.FROM_EMAIL,
  );
  return {
    ...counted,
    References: root,
    'In-Reply-To': root,
    ...unsubscribeHeaders(unsubscribeUrl(mail, config, now)),
  };
}

function unsubscribeHeaders(link: string | undefined): Record<string, string> {
  if (!link) return {};
  return {
    'List-Unsubscribe': `<${link}>`,
    ...(link.startsWith('https:') && { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
  };
}
