import type {
  NotificationSettings,
  PreferenceOwner,
  PreferenceSource,
} from '../../contracts/preferences.ts';
import type { CloseReason } from '../../domain/batching.ts';
import type { Queryable, Transaction } from '../client.ts';

/** A batch as the workers need it. */
export interface BatchRow extends PreferenceOwner {
  batch_id: string;
  status: string;
  batch_start_time: Date;
  batch_end_time: Date | null;
  due_at: Date;
  close_requested_at: Date | null;
  preferences_stale_at: Date | null;
  preferences_compare_at: Date;
  total_files: number;
  successful_files: number;
  failed_files: number;
  event_count: number;
  closed_by: CloseReason | null;
  /** The batch whose unfinished files it began with. */
  carried_over_from: string | null;
  user_preferences_snapshot: NotificationSettings;
  preferences_source: PreferenceSource;
  preferences_age_seconds: number;
}

/** An owner together with the preferences a new batch of theirs starts with. */
export interface Opening extends PreferenceOwner {
  settings: NotificationSettings;
  source: PreferenceSource;
  age_seconds: number;
  due_at: Date;
  /** When they are to be compared with what the CMS says then. */
  compare_at: Date;
}

/**
 * Returns each owner's open batch, locked; opens one where there is none. Owners are taken in a stable
 * order, so that workers with overlapping owners wait for each other instead of deadlocking.
 */
export async function lockOrOpenBatches(
  tx: Transaction,
  openings: Opening[],
  now: Date,
): Promise<(BatchRow & { opened: boolean })[]> {
  const sorted = [...openings].sort(
    (a, b) =>
      a.company_id - b.company_id ||
      a.bot_id - b.bot_id ||
      (a.user_email < b.user_email ? -1 : a.user_email > b.user_email ? 1 : 0),
  );
  return tx<(BatchRow & { opened: boolean })[]>`
    insert into batch_processing_sessions
      (company_id, bot_id, user_email, batch_start_time, due_at,
       user_preferences_snapshot, preferences_source, preferences_age_seconds,
       preferences_compare_at)
    select o.company_id, o.bot_id, o.user_email, ${now}, o.due_at, o.settings, o.source, o.age,
           o.compare_at
    from unnest(
      ${sorted.map((o) => o.company_id)}::int[],
      ${sorted.map((o) => o.bot_id)}::int[],
      ${sorted.map((o) => o.user_email)}::text[],
      ${sorted.map((o) => o.due_at.toISOString())}::timestamptz[],
      ${sorted.map((o) => JSON.stringify(o.settings))}::jsonb[],
      ${sorted.map((o) => o.source)}::text[],
      ${sorted.map((o) => o.age_seconds)}::int[],
      ${sorted.map((o) => o.compare_at.toISOString())}::timestamptz[]
    ) with ordinality
      as o(company_id, bot_id, user_email, due_at, settings, source, age, compare_at, nth)
    order by o.nth
    on conflict (company_id, bot_id, user_email) where status = 'processing'
    do update set updated_at = ${now}
    returning *, (xmax = 0) as opened`;
}

/** Locks one batch, whatever its status. */
export async function lockBatch(tx: Transaction, batchId: string): Promise<BatchRow | undefined> {
  const [row] = await tx<BatchRow[]>`
    select * from batch_processing_sessions where batch_id = ${batchId}::uuid for update`;
  return row;
}

/** Reads one batch. */
export async function findBatch(db: Queryable, batchId: string): Promise<BatchRow | undefined> {
  const [row] = await db<BatchRow[]>`
    select * from batch_processing_sessions where batch_id = ${batchId}::uuid`;
  return row;
}

/** Removes batches of this transaction that turned out to gain no line. */
export async function dropUnused(tx: Transaction, batchIds: string[]): Promise<void> {
  if (batchIds.length === 0) return;
  await tx`delete from batch_processing_sessions where batch_id = any(${batchIds}::uuid[])`;
}

/** How the counts of one batch change. */
export interface CountChange {
  batch_id: string;
  total: number;
  successful: number;
  failed: number;
  events: number;
}

/** Adds the changes to the batches' counts and returns the batches as they are then. */
export async function addCounts(tx: Transaction, changes: CountChange[]): Promise<BatchRow[]> {
  if (changes.length === 0) return [];
  return tx<BatchRow[]>`
    update batch_processing_sessions b set
      total_files = b.total_files + c.total,
      successful_files = b.successful_files + c.successful,
      failed_files = b.failed_files + c.failed,
      event_count = b.event_count + c.events,
      updated_at = now()
    from unnest(
      ${changes.map((c) => c.batch_id)}::uuid[],
      ${changes.map((c) => c.total)}::int[],
      ${changes.map((c) => c.successful)}::int[],
      ${changes.map((c) => c.failed)}::int[],
      ${changes.map((c) => c.events)}::int[]
    ) as c(batch_id, total, successful, failed, events)
    where b.batch_id = c.batch_id
    returning b.*`;
}

/** Moves the moment at which an open batch is looked at next. */
export async function setDue(db: Queryable, batchId: string, dueAt: Date): Promise<void> {
  await db`
    update batch_processing_sessions set due_at = ${dueAt}, updated_at = now()
    where batch_id = ${batchId}::uuid and status = 'processing'`;
}

/** An operator wants the batch closed: it is due now. @returns whether it is open and has a finished file */
export async function requestClose(db: Queryable, batchId: string): Promise<boolean> {
  const rows = await db`
    update batch_processing_sessions set close_requested_at = now(),
      due_at = least(due_at, now()), updated_at = now()
    where batch_id = ${batchId}::uuid and status = 'processing'
      and successful_files + failed_files > 0
    returning 1`;
  return rows.length > 0;
}

/** Open batches whose moment has come, the longest overdue first. */
export function overdueBatches(db: Queryable, now: Date) {
  return db<{ batch_id: string; due_at: Date }[]>`
    select batch_id, due_at from batch_processing_sessions
    where closed_by is null and due_at <= ${now}
    order by due_at`;
}
