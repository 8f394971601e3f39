import type { CloseReason } from '../../domain/batching.ts';
import { listedUnfinished, statusAtClose } from '../../domain/batching.ts';
import type { Transaction } from '../client.ts';
import type { BatchRow } from './batches.ts';
import { type Placed, placing } from './email-lines.ts';
import { countOverdue, lineWaitsSince } from './waiting-files.ts';

/** What closing a batch brought into being. */
export interface Closing {
  batch_id: string;
  /** The mail to render and send, with its place in its company's line; null when suppressed at once. */
  email: Placed | null;
  /** The batch that took over what was unfinished. */
  next: { batch_id: string; due_at: Date } | null;
}

export interface ClosingOptions {
  /** The global switch. */
  mailsEnabled: boolean;
  /** Stored with the mail. */
  maxAttempts: number;
  /** Unfinished files that have waited for so long, in milliseconds, are listed in the mail. */
  maxAgeMs: number;
}

/**
 * Closes locked open batches, each once: moves their unfinished files on (unless the mail is to list
 * them), fixes counts and status, and writes the mails' rows, all in the caller's transaction.
 * @returns one closing per batch, in the order given
 */
export async function closeBatches(
  tx: Transaction,
  batches: BatchRow[],
  reason: CloseReason,
  now: Date,
  options: ClosingOptions,
): Promise<Closing[]> {
  if (batches.length === 0) return [];
  const lastCall = new Date(now.getTime() - options.maxAgeMs);
  const overdue = await countOverdue(tx, batches.filter(hasUnfinished), lastCall);
  const ends = batches.map((batch) =>
    endOf(batch, reason, overdue.get(batch.batch_id) ?? 0, options.mailsEnabled),
  );
  // Sent together, done in this order: an owner's next batch can only open once the last is closed.
  const [, next, emails] = await Promise.all([
    markClosed(tx, ends, reason, now),
    carryOver(
      tx,
      ends.filter(({ carries }) => carries).map(({ batch }) => batch),
      now,
      lastCall,
    ),
    writeMails(tx, ends, options.maxAttempts),
  ]);
  return ends.map(({ batch: { batch_id }, suppressed }) => ({
    batch_id,
    email: suppressed ? null : (emails.get(batch_id) ?? null),
    next: next.get(batch_id) ?? null,
  }));
}

async function markClosed(tx: Transaction, ends: End[], reason: CloseReason, now: Date) {
  await tx`
    update batch_processing_sessions b set
      status = e.status, closed_by = ${reason}, batch_end_time = ${now}, updated_at = ${now}
    from unnest(
      ${ends.map(({ batch }) => batch.batch_id)}::uuid[], ${ends.map(({ status }) => status)}::text[]
    ) as e(batch_id, status)
    where b.batch_id = e.batch_id and b.status = 'processing'`;
}

/** @returns each mail and its place in its company's line, by batch */
async function writeMails(tx: Transaction, ends: End[], maxAttempts: number) {
  const mails = await tx<(Placed & { batch_id: string })[]>`
    with wanted as (
      insert into email_notification_log
        (batch_id, recipient_email, company_id, bot_id, email_type, max_attempts, send_status, suppressed_reason)
      select e.batch_id, e.user_email, e.company_id, e.bot_id, 'batch_completion', ${maxAttempts},
        case when e.suppressed is null then 'pending' else 'suppressed' end, e.suppressed
      from unnest(
        ${ends.map(({ batch }) => batch.batch_id)}::uuid[],
        ${ends.map(({ batch }) => batch.user_email)}::text[],
        ${ends.map(({ batch }) => batch.company_id)}::int[],
        ${ends.map(({ batch }) => batch.bot_id)}::int[],
        ${ends.map(({ suppressed }) => suppressed)}::text[]
      ) as e(batch_id, user_email, company_id, bot_id, suppressed)
      returning id, company_id, batch_id
    ), ${placing(tx, tx`batch_id,`)}`;
  return new Map(mails.map(({ batch_id, id, place }) => [batch_id, { id, place }]));
}

type End = ReturnType<typeof endOf>;

const unfinishedOf = (batch: BatchRow): number =>
  batch.total_files - batch.successful_files - batch.failed_files;
const hasUnfinished = (batch: BatchRow): boolean => unfinishedOf(batch) > 0;

/** How a batch ends: its status, whether something stays unfinished, and why its mail would not leave. */
function endOf(batch: BatchRow, reason: CloseReason, overdue: number, mailsEnabled: boolean) {
  const unfinished = unfinishedOf(batch);
  const carried = unfinished - listedUnfinished(reason, unfinished, overdue);
  const counts = {
    total: batch.total_files - carried,
    successful: batch.successful_files,
    failed: batch.failed_files,
  };
  const suppressed = suppression(batch, counts.total, mailsEnabled);
  return { batch, carries: carried > 0, status: statusAtClose(counts), suppressed };
}

function suppression(batch: BatchRow, total: number, mailsEnabled: boolean): string | null {
  if (total === 0) return 'empty';
  if (!mailsEnabled) return 'emails_disabled';
  return batch.user_preferences_snapshot.notification_enabled ? null : 'notifications_disabled';
}

/**
 * Opens the owners' next batches with the files that are not done, under the same preferences.
 * @param lastCall what has waited since then at least stays, and is listed
 * @returns the next batch by the id of the one it carries on
 */
async function carryOver(tx: Transaction, batches: BatchRow[], now: Date, lastCall: Date) {
  const next = new Map<string, { batch_id: string; due_at: Date }>();
  if (batches.length === 0) return next;
  const dueAt = ({ user_preferences_snapshot: settings }: BatchRow) =>
    new Date(now.getTime() + settings.notification_delay_minutes * 60_000);
  const age = ({ batch_start_time, preferences_age_seconds }: BatchRow) =>
    preferences_age_seconds + Math.round((now.getTime() - batch_start_time.getTime()) / 1000);
  const opened = await tx<{ batch_id: string; carried_over_from: string; due_at: Date }[]>`
    insert into batch_processing_sessions
      (company_id, bot_id, user_email, batch_start_time, due_at, carried_over_from,
       user_preferences_snapshot, preferences_source, preferences_age_seconds, preferences_stale_at,
       preferences_compare_at)
    select b.company_id, b.bot_id, b.user_email, ${now}, n.due_at, b.batch_id,
       n.settings, b.preferences_source, n.age, b.preferences_stale_at, b.preferences_compare_at
    from unnest(
      ${batches.map((batch) => batch.batch_id)}::uuid[],
      ${batches.map((batch) => dueAt(batch).toISOString())}::timestamptz[],
      ${batches.map((batch) => JSON.stringify(batch.user_preferences_snapshot))}::jsonb[],
      ${batches.map(age)}::int[]
    ) as n(batch_id, due_at, settings, age)
    join batch_processing_sessions b using (batch_id)
    returning batch_id, carried_over_from, due_at`;
  for (const { carried_over_from, ...batch } of opened) next.set(carried_over_from, batch);
  await tx`
    with carried as (
      select * from unnest(
        ${opened.map((batch) => batch.carried_over_from)}::uuid[],
        ${opened.map((batch) => batch.batch_id)}::uuid[]
      ) as c(old_id, next_id)
    ), moved as (
      update batch_files f set batch_id = c.next_id, carried_over_from = c.old_id
      from carried c
      where f.batch_id = c.old_id and f.processing_status in ('pending', 'processing')
        and ${lineWaitsSince(tx)} > ${lastCall}
      returning c.old_id, c.next_id, f.file_document_id, f.event_count
    ), states as (
      update file_processing_status s set batch_id = m.next_id
      from moved m join batch_processing_sessions b on b.batch_id = m.old_id
      where s.file_document_id = m.file_document_id and s.company_id = b.company_id
        and s.bot_id = b.bot_id and s.user_email = b.user_email
    ), sums as (
      select old_id, next_id, count(*)::int as files, sum(event_count)::int as events
      from moved group by old_id, next_id
    )
    update batch_processing_sessions b
    set total_files = b.total_files + d.files, event_count = b.event_count + d.events
    from (
      select old_id as batch_id, -files as files, -events as events from sums
      union all select next_id, files, events from sums
    ) d
    where b.batch_id = d.batch_id`;
  return next;
}
