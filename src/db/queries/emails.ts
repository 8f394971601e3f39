import type { Queryable } from '../client.ts';

export type SendStatus = 'pending' | 'sending' | 'sent' | 'failed' | 'unknown' | 'suppressed';

/** A mail as the workers need it. */
export interface EmailRow {
  id: number;
  batch_id: string | null;
  recipient_email: string;
  company_id: number | null;
  bot_id: number | null;
  email_type: 'batch_completion' | 'error_alert' | 'summary';
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

/** Stores what was rendered; only a mail that still waits for it takes it. */
export async function saveRendered(
  db: Queryable,
  id: number,
  mail: { subject: string; html: string | null; text: string; messageId: string },
): Promise<boolean> {
  const rows = await db`
    update email_notification_log set email_subject = ${mail.subject}, email_content_html = ${mail.html},
      email_content_text = ${mail.text}, message_id = ${mail.messageId}, rendered_at = now(),
      updated_at = now()
    where id = ${id} and send_status = 'pending' returning 1`;
  return rows.length > 0;
}

/**
 * Claims a mail for one attempt. The token fences it: whoever does not hold the row's token can no
 * longer change it.
 * @param leaseSeconds after this the claim counts as abandoned
 * @returns undefined where the mail is not to be sent now (any more)
 */
export async function claimEmail(
  db: Queryable,
  id: number,
  token: string,
  leaseSeconds: number,
): Promise<EmailRow | undefined> {
  const [row] = await db<EmailRow[]>`
    update email_notification_log set send_status = 'sending', lease_token = ${token}::uuid,
      lease_expires_at = now() + make_interval(secs => ${leaseSeconds}),
      send_attempts = send_attempts + 1, handed_over_at = null, updated_at = now()
    where id = ${id} and send_status = 'pending' and rendered_at is not null
      and (next_retry_at is null or next_retry_at <= now())
    returning *`;
  return row;
}

/**
 * Records that the body is about to leave, before its first byte does.
 * @returns false when the lease is not held any more: nothing may be sent
 */
export async function recordHandOver(db: Queryable, id: number, token: string): Promise<boolean> {
  const rows = await db`
    update email_notification_log set handed_over_at = now(), updated_at = now()
    where id = ${id} and lease_token = ${token}::uuid and send_status = 'sending'
      and lease_expires_at > now()
    returning 1`;
  return rows.length > 0;
}

/** What an attempt came to. `countsAttempt: false` gives the attempt back (wrong credentials). */
export type Completion =
  | { status: 'sent'; response: string }
  | { status: 'pending'; reason: string; nextRetryAt: Date; countsAttempt: boolean }
  | { status: 'failed' | 'unknown'; reason: string }
  | { status: 'suppressed'; reason: string };

/**
 * Completes a claimed mail. Only the holder of the token can; one whose lease ran out after the
 * hand-over still can while the mail is unknown, because it is the only one who knows better.
 * @returns false when a newer claim or an operator has taken the mail over
 */
export async function completeEmail(
  db: Queryable,
  id: number,
  token: string,
  transport: string | null,
  completion: Completion,
): Promise<boolean> {
  const sent = completion.status === 'sent';
  const retry = completion.status === 'pending' ? completion : null;
  const suppressed = completion.status === 'suppressed' ? completion.reason : null;
  const reason = sent || suppressed ? null : (completion as { reason: string }).reason;
  const rows = await db<{ batch_id: string | null }[]>`
    update email_notification_log set
      send_status = ${completion.status}, suppressed_reason = ${suppressed},
      error_message = ${reason}, smtp_response = ${sent ? completion.response : null},
      sent_at = case when ${sent} then now() end,
      transport = coalesce(${transport}, transport),
      next_retry_at = ${retry?.nextRetryAt ?? null},
      send_attempts = send_attempts - ${retry && !retry.countsAttempt ? 1 : 0},
      handed_over_at = case when ${retry !== null} then null else handed_over_at end,
      lease_token = null, lease_expires_at = null, updated_at = now()
    where id = ${id} and lease_token = ${token}::uuid and send_status in ('sending', 'unknown')
    returning batch_id`;
  const [row] = rows;
  if (row?.batch_id && sent)
    await db`
      update batch_processing_sessions set notification_sent = true, notification_sent_at = now(),
        updated_at = now()
      where batch_id = ${row.batch_id}::uuid`;
  return rows.length > 0;
}

/** One row of the attempt log. */
export async function logAttempt(
  db: Queryable,
  attempt: {
    email: EmailRow;
    outcome: string;
    transport: string | null;
    reason: string | null;
    nextRetryAt: Date | null;
  },
): Promise<void> {
  await db`
    insert into notification_retry_log
      (email_id, batch_id, retry_attempt, outcome, transport, error_message, success, next_retry_at)
    values (${attempt.email.id}, ${attempt.email.batch_id}, ${Math.max(1, attempt.email.send_attempts)},
            ${attempt.outcome}, ${attempt.transport}, ${attempt.reason},
            ${attempt.outcome === 'sent'}, ${attempt.nextRetryAt})`;
}

/** A mail that can never be rendered or sent. */
export async function failEmail(db: Queryable, id: number, reason: string): Promise<void> {
  await db`
    update email_notification_log set send_status = 'failed', error_message = ${reason},
      updated_at = now()
    where id = ${id} and send_status = 'pending'`;
}

/**
 * Takes back claims whose lease has run out. Before the hand-over nothing can have arrived, so the
 * mail is pending again while attempts are left; after it nobody can know, and the policy decides.
 * @param resend send unknown mails again while attempts are left, at the risk of a second copy
 * @returns what became of each
 */
export async function reclaimExpired(db: Queryable, resend: boolean, limit: number) {
  return db<(EmailRow & { send_status: 'pending' | 'failed' | 'unknown' })[]>`
    update email_notification_log e set
      send_status = case
        when send_attempts < max_attempts and (handed_over_at is null or ${resend}) then 'pending'
        when handed_over_at is null then 'failed'
        else 'unknown' end,
      error_message = case when handed_over_at is null
        then 'the sender vanished before the body was handed over'
        else 'the sender vanished after the body was handed over' end,
      -- The holder of an unknown mail may still bring its answer.
      lease_token = case when handed_over_at is null or (${resend} and send_attempts < max_attempts)
        then null else lease_token end,
      lease_expires_at = null, next_retry_at = null, updated_at = now()
    from (
      select id from email_notification_log
      where send_status = 'sending' and lease_expires_at < now()
      order by id limit ${limit} for update skip locked
    ) expired
    where e.id = expired.id
    returning e.*`;
}

/**
 * Mails that are due and pending.
 * @param settledBefore leaves rows alone that were touched after this, their jobs being on the way
 */
export function overdueEmails(db: Queryable, settledBefore: Date) {
  return db<{ id: number; rendered: boolean; place: number }[]>`
    select id, rendered_at is not null as rendered,
      row_number() over (partition by company_id order by id)::int as place
    from email_notification_log
    where send_status = 'pending' and (next_retry_at is null or next_retry_at <= now())
      and updated_at < ${settledBefore}
    order by id`;
}

/** Counting a company's line stops here: further back it makes no difference to the others. */
const LONG_LINE = 5000;

/** The place of each mail in its company's line of pending mails, from 1. */
export async function placesInLine(db: Queryable, ids: number[]): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db<{ id: number; place: number }[]>`
    select m.id, 1 + line.ahead as place
    from email_notification_log m, lateral (
      select count(*)::int as ahead from (
        select from email_notification_log o
        where o.company_id = m.company_id and o.send_status = 'pending' and o.id < m.id
        limit ${LONG_LINE}
      ) ahead
    ) line
    where m.id = any(${ids}::bigint[])`;
  return new Map(rows.map(({ id, place }) => [id, place]));
}

/**
 * What a company's quota counts: its mails `sent` in the UTC month of `at`, and those claimed `ahead`
 * of this one, which may yet be.
 */
export async function quotaUse(
  db: Queryable,
  mail: Pick<EmailRow, 'id' | 'company_id'>,
  at: Date,
): Promise<{ sent: number; ahead: number }> {
  const month = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1));
  const [row] = await db<{ sent: number; ahead: number }[]>`
    select count(*) filter (where send_status = 'sent')::int as sent,
      count(*) filter (where send_status = 'sending')::int as ahead
    from email_notification_log
    where company_id = ${mail.company_id} and email_type <> 'error_alert'
      and ((send_status = 'sent' and sent_at >= ${month})
        or (send_status = 'sending' and (lease_expires_at, id) < (
          select lease_expires_at, id from email_notification_log where id = ${mail.id})))`;
  return row ?? { sent: 0, ahead: 0 };
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
