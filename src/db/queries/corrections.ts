import type { CorrectionStatus } from '../../contracts/corrections.ts';
import type { CorrectionMode } from '../../domain/correction-mode.ts';
import type { CorrectionAction } from '../../domain/corrections.ts';
import type { Queryable, Transaction } from '../client.ts';
import type { ExecutionEntry } from '../schema/corrections.ts';

/** A correction task as the workers need it. */
export interface CorrectionRow {
  id: number;
  file_document_id: string;
  generation: number;
  file_name: string | null;
  storage_key: string | null;
  company_id: number | null;
  bot_id: number | null;
  user_email: string | null;
  batch_id: string | null;
  failure_category: string;
  correction_actions: CorrectionAction[];
  not_applicable: Partial<Record<CorrectionAction, string>>;
  execution_log: ExecutionEntry[];
  status: CorrectionStatus;
  mode: CorrectionMode;
  held_by: string | null;
  run_at: Date;
  attempts: number;
  /** When it was first claimed, or claimed again after an operator asked for a retry. */
  started_at: Date | null;
  removal_began_at: Date | null;
  s3_cleanup_completed: boolean;
  chroma_cleanup_completed: boolean;
  cms_cleanup_completed: boolean;
  created_at: Date;
}

/**
 * Claims tasks that were admitted in the same transaction. A claim whose lease has run out may be
 * claimed again: every step is idempotent.
 * @param leaseSeconds after this the claim counts as abandoned
 */
export async function claimCorrections(
  tx: Transaction,
  ids: readonly number[],
  token: string,
  leaseSeconds: number,
): Promise<CorrectionRow[]> {
  if (ids.length === 0) return [];
  // Not the transaction's own time: the brake counts from its last release, which may be later. A
  // brake that the same transaction put on holds whatever is pending, these tasks among them.
  return tx<CorrectionRow[]>`
    update auto_correction_tasks set status = 'processing', lease_token = ${token}::uuid,
      lease_expires_at = now() + make_interval(secs => ${leaseSeconds}),
      started_at = coalesce(started_at, clock_timestamp()), attempts = attempts + 1,
      held_by = null, hold_reason = null, updated_at = now()
    where id = any(${[...ids]}::bigint[]) returning *`;
}

/** The tasks that are still claimed under the token, as they are now. */
export function claimedUnder(db: Queryable, token: string) {
  return db<CorrectionRow[]>`
    select * from auto_correction_tasks
    where lease_token = ${token}::uuid and status = 'processing' order by run_at`;
}

/**
 * Locks a task: first of all, in a statement of its own, by whoever moves it together with its restore
 * or its second look. What was decided meanwhile is seen by the statements after it.
 */
export async function lockCorrection(tx: Transaction, id: number): Promise<void> {
  await tx`select from auto_correction_tasks where id = ${id} for update`;
}

/** Reads one task. */
export async function findCorrection(db: Queryable, id: number) {
  const [row] = await db<CorrectionRow[]>`select * from auto_correction_tasks where id = ${id}`;
  return row;
}

// Statements about a set find its rows by their own keys. Statistics of a moment ago know few tasks that
// are being worked on, and few failures that are unresolved; with an index to find all of those, the
// planner has each of the set compared with each. An expression keeps that index out.

/** Whether a task is still claimed under the token. */
export const claimedBy = (db: Queryable, token: string) =>
  db`lease_token = ${token}::uuid and coalesce(status, '') = 'processing'`;

/**
 * Notes that a store is about to be asked to remove something of the files, before it is: whether it
 * did can be unknown afterwards. Where that is noted already, and the lease has most of its time before
 * it, there is nothing to write.
 * @returns ids of the tasks that are still ours; of the others nothing may be removed
 */
export async function beginRemovals(
  db: Queryable,
  ids: readonly number[],
  token: string,
  leaseSeconds: number,
): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const noted = db`removal_began_at is not null
    and lease_expires_at > now() + make_interval(secs => ${leaseSeconds / 2})`;
  const rows = await db<{ id: number }[]>`
    with begun as (
      update auto_correction_tasks set removal_began_at = coalesce(removal_began_at, now()),
        lease_expires_at = now() + make_interval(secs => ${leaseSeconds}), updated_at = now()
      where id = any(${[...ids]}::bigint[]) and ${claimedBy(db, token)} and not (${noted})
      returning id
    )
    select id from begun
    union all
    select id from auto_correction_tasks
    where id = any(${[...ids]}::bigint[]) and ${claimedBy(db, token)} and ${noted}`;
  return new Set(rows.map((row) => row.id));
}

/** Extends the leases of a set that takes its time; whatever is being written to is extended by that. */
export async function extendLeases(
  db: Queryable,
  ids: readonly number[],
  token: string,
  leaseSeconds: number,
): Promise<void> {
  await db`
    update auto_correction_tasks set
      lease_expires_at = now() + make_interval(secs => ${leaseSeconds}), updated_at = now()
    where id in (
      select id from auto_correction_tasks
      where id = any(${[...ids]}::bigint[]) and ${claimedBy(db, token)}
      for update skip locked)`;
}

/** Tasks that are due and not held: pending ones, and claimed ones whose lease has run out. */
export function overdueCorrections(db: Queryable) {
  return db<{ id: number }[]>`
    select id from auto_correction_tasks
    where run_at <= now() and held_by is null
      and (status = 'pending' or (status = 'processing' and lease_expires_at < now()))
    order by run_at`;
}
