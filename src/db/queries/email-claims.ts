import type { Queryable } from '../client.ts';
import { type EmailRow, stillIn } from './emails.ts';
import { type Mail, type MailRow, mailOf, withBatch } from './mails.ts';
import { type Objections, objectionsTo } from './objections.ts';

/** Who may send a mail, and what came of it: claims, fenced by a token. */

/** A claim on a mail: whoever does not hold the row's token can no longer change it. */
export interface Claim {
  id: number;
  token: string;
}

/** After `leaseSeconds` the claim counts as abandoned. */
export interface LeasedClaim extends Claim {
  leaseSeconds: number;
}

/** A claimed mail, with what our own books have against it. */
export interface ClaimedMail extends Mail {
  objections: Objections;
}

/**
 * Claims mails for one attempt each. A row that somebody else has locked is passed over: the mails it
 * would be claimed with are not to wait for it.
 * @returns for each the mail, or undefined where it is not to be sent now (any more)
 */
export async function claimEmails(
  db: Queryable,
  claims: LeasedClaim[],
): Promise<(ClaimedMail | undefined)[]> {
  const rows = await db<(MailRow & Objections & { lease_token: string })[]>`
    with claimed as (
      update email_notification_log m set send_status = 'sending', lease_token = c.token,
        lease_expires_at = now() + make_interval(secs => c.lease_seconds),
        send_attempts = send_attempts + 1, handed_over_at = null, updated_at = now()
      from (
        select e.id, c.token, c.lease_seconds
        from unnest(
          ${claims.map(({ id }) => id)}::bigint[],
          ${claims.map(({ token }) => token)}::uuid[],
          ${claims.map(({ leaseSeconds }) => leaseSeconds)}::int[]
        ) as c(id, token, lease_seconds)
        join email_notification_log e on e.id = c.id
        where ${stillIn(db, 'pending')} and e.rendered_at is not null
          and coalesce(e.next_retry_at, '-infinity') <= now()
        for update of e skip locked
      ) c
      where m.id = c.id
      returning m.*
    ) ${withBatch(db, db`claimed`, objectionsTo(db))}`;
  const held = new Map(
    rows.map((row) => {
      const { address_suppressed, opted_out_for } = row;
      const objections = { address_suppressed, opted_out_for };
      return [row.lease_token, { ...mailOf(row), objections }];
    }),
  );
  return claims.map(({ token }) => held.get(token));
}

/**
 * Records that bodies are about to leave, before their first byte does.
 * @returns for each whether the lease is still held: otherwise nothing may be sent
 */
export async function recordHandOvers(db: Queryable, claims: Claim[]): Promise<boolean[]> {
  // Nothing that is indexed changes, so that Postgres can keep the row where it is.
  const rows = await db<{ token: string }[]>`
    update email_notification_log e set handed_over_at = now()
    from unnest(
      ${claims.map(({ id }) => id)}::bigint[],
      ${claims.map(({ token }) => token)}::uuid[]
    ) as c(id, token)
    where e.id = c.id and e.lease_token = c.token and ${stillIn(db, 'sending')}
      and e.lease_expires_at > now()
    returning c.token`;
  const held = new Set(rows.map(({ token }) => token));
  return claims.map(({ token }) => held.has(token));
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

/** What has become of a claimed mail, and the attempt as it is logged; without one none was made. */
export interface Completed extends Claim {
  completion: Completion;
  /** By which transport; null leaves what is known. */
  transport: string | null;
  attempt?: { email: EmailRow; outcome: string; reason: string | null };
  /** It was tried before and may have been done then: the attempt is logged once all the same. */
  again?: boolean;
}

/**
 * Completes claimed mails and logs the attempts, at once. Only the holder of the token can; one whose
 * lease ran out after the hand-over still can while the mail is unknown, because it is the only one who
 * knows better. The attempt is logged whoever holds the mail.
 * @returns for each false when a newer claim or an operator has taken the mail over
 */
export async function completeEmails(db: Queryable, mails: Completed[]): Promise<boolean[]> {
  const attempts = mails.flatMap(({ attempt, transport, completion }) =>
    attempt
      ? [{ ...attempt, transport, nextRetryAt: retryOf(completion)?.nextRetryAt ?? null }]
      : [],
  );
  const rows = await db<{ token: string }[]>`
    with log as (
      insert into notification_retry_log ${attemptColumns(db)} ${attemptRows(db, attempts)}
      ${mails.some(({ again }) => again) ? notLogged(db) : db``}
    ),
    completed as (
      update email_notification_log e set
        send_status = c.status, suppressed_reason = c.suppressed, error_message = c.reason,
        smtp_response = c.response, sent_at = case when c.status = 'sent' then now() end,
        transport = coalesce(c.transport, e.transport), next_retry_at = c.next_retry_at,
        send_attempts = e.send_attempts - c.given_back,
        handed_over_at = case when c.status <> 'pending' then e.handed_over_at end,
        lease_token = null, lease_expires_at = null, updated_at = now()
      from unnest(
        ${mails.map(({ id }) => id)}::bigint[],
        ${mails.map(({ token }) => token)}::uuid[],
        ${mails.map(({ transport }) => transport)}::text[],
        ${mails.map(({ completion }) => completion.status)}::text[],
        ${mails.map(({ completion: c }) => (c.status === 'suppressed' ? c.reason : null))}::text[],
        ${mails.map(({ completion: c }) => ('reason' in c && c.status !== 'suppressed' ? c.reason : null))}::text[],
        ${mails.map(({ completion: c }) => (c.status === 'sent' ? c.response : null))}::text[],
        ${mails.map(({ completion }) => retryOf(completion)?.nextRetryAt.toISOString() ?? null)}::timestamptz[],
        ${mails.map(({ completion }) => (retryOf(completion)?.countsAttempt === false ? 1 : 0))}::int[]
      ) as c(id, token, transport, status, suppressed, reason, response, next_retry_at, given_back)
      where e.id = c.id and e.lease_token = c.token and e.send_status in ('sending', 'unknown')
      returning c.token, e.batch_id, e.send_status
    ), told as (
      update batch_processing_sessions b set notification_sent = true, notification_sent_at = now(),
        updated_at = now()
      from completed where completed.send_status = 'sent' and b.batch_id = completed.batch_id
    )
    select token from completed`;
  const held = new Set(rows.map(({ token }) => token));
  return mails.map(({ token }) => held.has(token));
}

const retryOf = (completion: Completion) => (completion.status === 'pending' ? completion : null);

/** One line of the attempt log. */
export interface Attempt {
  email: EmailRow;
  outcome: string;
  transport: string | null;
  reason: string | null;
  nextRetryAt: Date | null;
}

/** Adds to the attempt log. */
export async function logAttempts(db: Queryable, attempts: Attempt[]): Promise<void> {
  await db`
    insert into notification_retry_log ${attemptColumns(db)} ${attemptRows(db, attempts)}`;
}

const attemptColumns = (db: Queryable) => db`
  (email_id, batch_id, retry_attempt, outcome, transport, error_message, success, next_retry_at)`;

/** Follows `attemptRows`. Counted, because `not exists` would let Postgres read the whole log. */
const notLogged = (db: Queryable) => db`
  where (
    select count(*) from notification_retry_log l
    where l.email_id = a.email_id and l.retry_attempt = a.nth and l.outcome = a.outcome
      and l.transport is not distinct from a.transport
      and l.next_retry_at is not distinct from a.next_retry_at
  ) = 0`;

function attemptRows(db: Queryable, attempts: Attempt[]) {
  return db`
    select email_id, batch_id, nth, outcome, transport, reason, outcome = 'sent', next_retry_at
    from unnest(
      ${attempts.map(({ email }) => email.id)}::bigint[],
      ${attempts.map(({ email }) => email.batch_id)}::uuid[],
      ${attempts.map(({ email }) => Math.max(1, email.send_attempts))}::int[],
      ${attempts.map(({ outcome }) => outcome)}::text[],
      ${attempts.map(({ transport }) => transport)}::text[],
      ${attempts.map(({ reason }) => reason)}::text[],
      ${attempts.map(({ nextRetryAt }) => nextRetryAt?.toISOString() ?? null)}::timestamptz[]
    ) as a(email_id, batch_id, nth, outcome, transport, reason, next_retry_at)`;
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
