import type { Queryable } from '../client.ts';
import type { EMAIL_TYPES, SEND_STATUSES } from '../schema/emails.ts';
import { type Placed, placesOf, placing } from './email-lines.ts';

type SendStatus = (typeof SEND_STATUSES)[number];

/** A mail as the workers need it. */
export interface EmailRow {
  id: number;
  batch_id: string | null;
  recipient_email: string;
  company_id: number | null;
  bot_id: number | null;
  email_type: (typeof EMAIL_TYPES)[number];
  content_data: Record<string, unknown> | null;
  email_subject: string;
  email_content_html: string | null;
  email_content_text: string | null;
  message_id: string | null;
  rendered_at: Date | null;
  send_status: SendStatus;
  suppressed_reason: string | null;
  send_attempts: number;
  max_attempts: number;
  next_retry_at: Date | null;
  handed_over_at: Date | null;
  lease_expires_at: Date | null;
  error_message: string | null;
  created_at: Date;
}

/** Reads one mail. */
export async function findEmail(db: Queryable, id: number): Promise<EmailRow | undefined> {
  const [row] = await db<EmailRow[]>`select * from email_notification_log where id = ${id}`;
  return row;
}

/** A mail's content, made of its data. */
export interface RenderedRow {
  id: number;
  subject: string;
  html: string | null;
  text: string;
  messageId: string;
}

/**
 * Whether a mail `e` that is looked up by its id is in a status. Said so that no index is about it: as
 * long as statistics know of few such mails, Postgres would rather read all of them than look up some.
 */
export const stillIn = (db: Queryable, status: SendStatus) =>
  db`coalesce(e.send_status, '') = ${status}`;

/**
 * Stores what was rendered.
 * @returns for each its place in its company's line, or undefined where it was not taken: only a pending
 *   mail takes it
 */
export async function saveRendered(
  db: Queryable,
  mails: RenderedRow[],
): Promise<(number | undefined)[]> {
  const rows = await db<Placed[]>`
    with wanted as (
      update email_notification_log e set email_subject = m.subject, email_content_html = m.html,
        email_content_text = m.text, message_id = m.message_id, rendered_at = now(), updated_at = now()
      from unnest(
        ${mails.map(({ id }) => id)}::bigint[],
        ${mails.map(({ subject }) => subject)}::text[],
        ${mails.map(({ html }) => html)}::text[],
        ${mails.map(({ text }) => text)}::text[],
        ${mails.map(({ messageId }) => messageId)}::text[]
      ) as m(id, subject, html, text, message_id)
      where e.id = m.id and ${stillIn(db, 'pending')}
      returning e.id, e.company_id
    ), ${placing(db)}`;
  const places = placesOf(rows);
  return mails.map(({ id }) => places.get(id));
}

/** A mail that can never be rendered or sent. */
export async function failEmail(db: Queryable, id: number, reason: string): Promise<void> {
  await db`
    update email_notification_log set send_status = 'failed', error_message = ${reason},
      updated_at = now()
    where id = ${id} and send_status = 'pending'`;
}

/**
 * An operator has a mail sent again: failed or unknown, with a fresh attempt budget.
 * @returns false where the mail's state forbids it
 */
export async function resendEmail(db: Queryable, id: number, extraAttempts: number) {
  const rows = await db`
    update email_notification_log set send_status = 'pending', next_retry_at = null,
      -- Erased content is rendered anew.
      rendered_at = case when email_content_text is null then null else rendered_at end,
      lease_token = null, handed_over_at = null, max_attempts = send_attempts + ${extraAttempts},
      error_message = null, updated_at = now()
    where id = ${id} and send_status in ('failed', 'unknown') returning 1`;
  return rows.length > 0;
}

/** An operator knows that an unknown mail has arrived. @returns false where it is not unknown */
export async function markSent(db: Queryable, id: number): Promise<boolean> {
  const rows = await db<{ batch_id: string | null }[]>`
    update email_notification_log set send_status = 'sent', sent_at = coalesce(handed_over_at, now()),
      lease_token = null, error_message = null, updated_at = now()
    where id = ${id} and send_status = 'unknown' returning batch_id`;
  const [row] = rows;
  if (row?.batch_id)
    await db`
      update batch_processing_sessions set notification_sent = true, notification_sent_at = now()
      where batch_id = ${row.batch_id}::uuid`;
  return rows.length > 0;
}

/**
 * Erases the content of mails that are settled and older than `before`; the facts stay.
 * @returns how many, at most `limit`
 */
export async function eraseContent(db: Queryable, before: Date, limit: number): Promise<number> {
  const rows = await db`
    update email_notification_log set email_content_html = null, email_content_text = null,
      content_data = null
    where id in (
      select id from email_notification_log
      where created_at < ${before} and email_content_text is not null
        and send_status in ('sent', 'failed', 'suppressed')
      order by created_at limit ${limit}
    ) and send_status in ('sent', 'failed', 'suppressed')
    returning 1`;
  return rows.length;
}
