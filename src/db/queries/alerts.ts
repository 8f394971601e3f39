import type { Queryable } from '../client.ts';

/** An alert to operators, written as a mail of type `error_alert`; one per subject. */
export interface Alert {
  kind: string;
  subjectId: string;
  since: Date;
  reason: string;
  details: { label: string; value: string }[];
  companyId?: number | null;
  botId?: number | null;
}

/**
 * Writes an alert, unless its subject already has one.
 * @returns the mail's id, or null where there is nothing new to say
 */
export async function createAlert(
  db: Queryable,
  alert: Alert,
  recipient: string,
  maxAttempts: number,
): Promise<number | null> {
  const content = JSON.stringify({ ...alert, since: alert.since.toISOString() });
  const [row] = await db<{ id: number }[]>`
    insert into email_notification_log
      (recipient_email, company_id, bot_id, email_type, subject_key, content_data, max_attempts)
    values (${recipient}, ${alert.companyId ?? null}, ${alert.botId ?? null}, 'error_alert',
            ${`${alert.kind}-${alert.subjectId}`}, ${content}::text::jsonb, ${maxAttempts})
    on conflict (email_type, subject_key) where subject_key is not null do nothing
    returning id`;
  return row?.id ?? null;
}
