import type { Queryable } from '../client.ts';
import type { EmailRow } from './emails.ts';

/** Who may send a mail, and what came of it: claims, fenced by a token. */

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

/** What was rendered anew for the holder of the claim. @returns undefined where it is not held any more */
export async function saveReworded(
  db: Queryable,
  id: number,
  token: string,
  mail: { subject: string; html: string | null; text: string },
): Promise<EmailRow | undefined> {
  const [row] = await db<EmailRow[]>`
    update email_notification_log set email_subject = ${mail.subject}, email_content_html = ${mail.html},
      email_content_text = ${mail.text}, rendered_at = now(), updated_at = now()
    where id = ${id} and lease_token = ${token}::uuid and send_status = 'sending'
    returning *`;
  return row;
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
