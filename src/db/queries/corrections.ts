import type { Fragment } from 'postgres';
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

/**
 * Notes that a store is about to be asked to remove something of the files, before it is: whether it
 * did can be unknown afterwards.
 * @returns ids of the tasks that are still ours; of the others nothing may be removed
 */
export async function beginRemovals(
  db: Queryable,
  ids: readonly number[],
  token: string,
  leaseSeconds: number,
): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const rows = await db<{ id: number }[]>`
    update auto_correction_tasks set removal_began_at = coalesce(removal_began_at, now()),
      lease_expires_at = now() + make_interval(secs => ${leaseSeconds}), updated_at = now()
    where id = any(${[...ids]}::bigint[]) and ${claimedBy(db, token)}
    returning id`;
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

// Statements about a set find its rows by their own keys. Statistics of a moment ago know few tasks that
// are being worked on, and few failures that are unresolved; with an index to find all of those, the
// planner has each of the set compared with each. An expression keeps that index out.

/** Whether a task is still claimed under the token. */
const claimedBy = (db: Queryable, token: string) =>
  db`lease_token = ${token}::uuid and coalesce(status, '') = 'processing'`;

/** Locks a task of a set, as long as it is claimed under the token. */
const stillClaimed = (db: Queryable, id: Fragment, token: string) => db`
  lateral (
    select id from auto_correction_tasks where id = ${id} and ${claimedBy(db, token)} for update
  ) as claim`;

/** Sets lock their tasks in one order, so that no two wait for each other. */
const inOrder = <Task extends { id: number }>(tasks: readonly Task[]) =>
  tasks.toSorted((a, b) => a.id - b.id);

/** What became of one step of one task, as it is written down. */
export interface StepRecord {
  id: number;
  entry: ExecutionEntry;
  /** Settled for good: proven by read-back, or not applicable for the reason in the entry. */
  settled: 'proven' | 'not_applicable' | null;
}

/** Appends to the tasks' logs, notes which steps are settled and extends the leases. */
export async function recordSteps(
  db: Queryable,
  token: string,
  action: CorrectionAction | null,
  records: readonly StepRecord[],
  leaseSeconds: number,
): Promise<void> {
  if (records.length === 0) return;
  const steps = inOrder(records);
  const reason = ({ settled, entry }: StepRecord) =>
    action && settled === 'not_applicable' ? { [action]: entry.detail } : {};
  await db`
    update auto_correction_tasks t set
      execution_log = t.execution_log || s.entry, not_applicable = t.not_applicable || s.reason,
      s3_cleanup_completed = t.s3_cleanup_completed or (s.proven and ${action === 's3_delete'}),
      chroma_cleanup_completed =
        t.chroma_cleanup_completed or (s.proven and ${action === 'chroma_delete'}),
      cms_cleanup_completed = t.cms_cleanup_completed or (s.proven and ${action === 'cms_delete'}),
      lease_expires_at = now() + make_interval(secs => ${leaseSeconds}), updated_at = now()
    from unnest(
      ${steps.map((step) => step.id)}::bigint[],
      ${steps.map((step) => JSON.stringify([step.entry]))}::text[]::jsonb[],
      ${steps.map((step) => JSON.stringify(reason(step)))}::text[]::jsonb[],
      ${steps.map((step) => String(step.settled === 'proven'))}::text[]::boolean[]
    ) as s(id, entry, reason, proven), ${stillClaimed(db, db`s.id`, token)}
    where t.id = claim.id`;
}

/** How a claimed task ends, or when it goes on. */
export type CorrectionEnd =
  | { status: 'completed' | 'dry_run' }
  | { status: 'failed'; reason: string }
  | { status: 'cancelled'; reason: string; conflict: boolean }
  /** `countsAttempt: false` where nothing was tried, only waited for. */
  | { status: 'pending'; reason: string; runAt: Date; countsAttempt: boolean };

/**
 * Ends claims. Only the holder of the token can; a completed task settles the errors it answers.
 * @returns ids of the tasks whose end it was
 */
export async function endCorrections(
  db: Queryable,
  token: string,
  tasks: readonly { id: number; end: CorrectionEnd }[],
): Promise<Set<number>> {
  if (tasks.length === 0) return new Set();
  const ends = inOrder(tasks);
  const waits = (end: CorrectionEnd) => end.status === 'pending';
  const error = (end: CorrectionEnd) =>
    end.status === 'failed' || end.status === 'pending' ? end.reason : null;
  const flags = (of: (end: CorrectionEnd) => boolean) => ends.map(({ end }) => String(of(end)));
  const rows = await db<{ id: number }[]>`
    with ended as (
      update auto_correction_tasks t set status = e.status, run_at = coalesce(e.run_at, t.run_at),
        attempts = t.attempts - case when e.free then 1 else 0 end,
        completed_at = case when e.status <> 'pending' then now() end,
        error_during_correction = e.error, cancel_reason = e.cancel_reason, conflict = e.conflict,
        lease_token = null, lease_expires_at = null, updated_at = now()
      from unnest(
        ${ends.map(({ id }) => id)}::bigint[],
        ${ends.map(({ end }) => end.status)}::text[],
        ${ends.map(({ end }) => (end.status === 'pending' ? end.runAt.toISOString() : null))}::text[]::timestamptz[],
        ${flags((end) => waits(end) && !('countsAttempt' in end && end.countsAttempt))}::text[]::boolean[],
        ${ends.map(({ end }) => error(end))}::text[],
        ${ends.map(({ end }) => (end.status === 'cancelled' ? end.reason : null))}::text[],
        ${flags((end) => end.status === 'cancelled' && end.conflict)}::text[]::boolean[]
      ) as e(id, status, run_at, free, error, cancel_reason, conflict),
        ${stillClaimed(db, db`e.id`, token)}
      where t.id = claim.id
      returning t.id, t.status, t.file_document_id, t.generation
    ), settled as (
      update processing_errors p set resolution_status = 'auto_correction', resolved_at = now(),
        resolved_by = 'system', correction_id = ended.id
      from ended
      where ended.status = 'completed' and p.file_document_id = ended.file_document_id
        and p.generation = ended.generation and coalesce(p.resolution_status, '') = 'unresolved'
    )
    select id from ended`;
  return new Set(rows.map((row) => row.id));
}

/** Tasks that are due and not held: pending ones, and claimed ones whose lease has run out. */
export function overdueCorrections(db: Queryable) {
  return db<{ id: number }[]>`
    select id from auto_correction_tasks
    where run_at <= now() and held_by is null
      and (status = 'pending' or (status = 'processing' and lease_expires_at < now()))
    order by run_at`;
}
