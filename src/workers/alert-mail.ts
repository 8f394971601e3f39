import type { EmailRow } from '../db/queries/emails.ts';
import type { Alert } from './alert.ts';

/**
 * What operators are told of a mail that failed for good or is unknown.
 * @returns null for an alert that did: nobody is told of those
 */
export function mailAlert(
  email: EmailRow,
  status: 'failed' | 'unknown',
  reason: string,
): Alert | null {
  if (email.email_type === 'error_alert') return null;
  return {
    kind: status === 'failed' ? 'email_failed' : 'email_unknown',
    subject: String(email.id),
    subjectId: `${email.id}-${email.send_attempts}`,
    since: email.created_at,
    reason,
    details: [
      { label: 'Mail', value: String(email.id) },
      { label: 'Batch', value: email.batch_id ?? '-' },
      { label: 'Attempts', value: `${email.send_attempts} of ${email.max_attempts}` },
    ],
    companyId: email.company_id,
    botId: email.bot_id,
  };
}

/** What operators are told, once per company and month, of a quota that is used up. */
export function quotaAlert(email: EmailRow, now: Date): Alert {
  const month = now.toISOString().slice(0, 7);
  return {
    kind: 'quota_exceeded',
    subject: String(email.company_id),
    subjectId: `${email.company_id}-${month}`,
    since: now,
    reason: 'the monthly quota of the company is used up; further mails are suppressed',
    details: [
      { label: 'Company', value: String(email.company_id) },
      { label: 'Month', value: month },
    ],
    companyId: email.company_id,
    botId: email.bot_id,
  };
}
