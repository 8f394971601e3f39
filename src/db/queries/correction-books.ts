import type { Fragment } from 'postgres';
import type { CorrectionAction } from '../../domain/corrections.ts';
import type { Queryable } from '../client.ts';
import type { ExecutionEntry } from '../schema/corrections.ts';
import { claimedBy } from './corrections.ts';

/** What becomes of claimed correction tasks, as it is written down: their steps and their ends. */

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
  /** Null where the entry is about no step. */
  action: CorrectionAction | null;
  entry: ExecutionEntry;
  /** Settled for good: proven by read-back, or not applicable for the reason in the entry. */
  settled: 'proven' | 'not_applicable' | null;
}

/** Notes of steps as columns of an `unnest`, one row for each; empty where there is nothing to note. */
const notesOf = (db: Queryable, steps: readonly (StepRecord | null)[]) => db`
  ${steps.map((step) => JSON.stringify(step ? [step.entry] : []))}::text[]::jsonb[],
  ${steps.map((step) => JSON.stringify(step ? reasonOf(step) : {}))}::text[]::jsonb[],
  ${steps.map((step) => (step?.settled === 'proven' && step.action) || '')}::text[]`;

const reasonOf = ({ action, settled, entry }: StepRecord) =>
  action && settled === 'not_applicable' ? { [action]: entry.detail } : {};

/** What notes change of a task `t`, from the columns `entries`, `reasons` and `proven` of `n`. */
const noting = (db: Queryable) => db`
  execution_log = t.execution_log || n.entries, not_applicable = t.not_applicable || n.reasons,
  s3_cleanup_completed = t.s3_cleanup_completed or n.proven = 's3_delete',
  chroma_cleanup_completed = t.chroma_cleanup_completed or n.proven = 'chroma_delete',
  cms_cleanup_completed = t.cms_cleanup_completed or n.proven = 'cms_delete'`;

/** Appends to the tasks' logs, notes which steps are settled and extends the leases. */
export async function recordSteps(
  db: Queryable,
  token: string,
  records: readonly StepRecord[],
  leaseSeconds: number,
): Promise<void> {
  if (records.length === 0) return;
  const steps = inOrder(records);
  await db`
    update auto_correction_tasks t set ${noting(db)},
      lease_expires_at = now() + make_interval(secs => ${leaseSeconds}), updated_at = now()
    from unnest(${steps.map((step) => step.id)}::bigint[], ${notesOf(db, steps)})
      as n(id, entries, reasons, proven), ${stillClaimed(db, db`n.id`, token)}
    where t.id = claim.id`;
}

/**
 * Keeps the storage keys that the CMS records named when they were first asked, for every later attempt:
 * a record that names another one then is about another object. A key that an event brought meanwhile
 * stays.
 * @returns the keys the tasks have now, by task id; those whose claim was lost are missing
 */
export async function keepStorageKeys(
  db: Queryable,
  token: string,
  found: readonly { id: number; storageKey: string }[],
): Promise<Map<number, string>> {
  if (found.length === 0) return new Map();
  const keys = inOrder(found);
  const rows = await db<{ id: number; storage_key: string }[]>`
    update auto_correction_tasks t set storage_key = coalesce(t.storage_key, n.storage_key),
      updated_at = now()
    from unnest(
      ${keys.map(({ id }) => id)}::bigint[], ${keys.map(({ storageKey }) => storageKey)}::text[]
    ) as n(id, storage_key), ${stillClaimed(db, db`n.id`, token)}
    where t.id = claim.id
    returning t.id, t.storage_key`;
  return new Map(rows.map((row) => [row.id, row.storage_key]));
}

/** How a claimed task ends, or when it goes on. */
export type CorrectionEnd =
  | { status: 'completed' | 'dry_run' }
  | { status: 'failed'; reason: string }
  | { status: 'cancelled'; reason: string; conflict: boolean }
  /** `countsAttempt: false` where nothing was tried, only waited for. */
  | { status: 'pending'; reason: string; runAt: Date; countsAttempt: boolean };

/** An end, and the step that led to it where that is not written down yet. */
export interface Ending {
  id: number;
  end: CorrectionEnd;
  step: StepRecord | null;
}

/**
 * Ends claims, and writes down what led to it. Only the holder of the token can; a completed task
 * settles the errors it answers.
 * @returns ids of the tasks whose end it was
 */
export async function endCorrections(
  db: Queryable,
  token: string,
  tasks: readonly Ending[],
): Promise<Set<number>> {
  if (tasks.length === 0) return new Set();
  const ends = inOrder(tasks);
  const waits = (end: CorrectionEnd) => end.status === 'pending';
  const error = (end: CorrectionEnd) =>
    end.status === 'failed' || end.status === 'pending' ? end.reason : null;
  const flags = (of: (end: CorrectionEnd) => boolean) => ends.map(({ end }) => String(of(end)));
  const rows = await db<{ id: number }[]>`
    with ended as (
      update auto_correction_tasks t set ${noting(db)},
        status = n.status, run_at = coalesce(n.run_at, t.run_at),
        attempts = t.attempts - case when n.free then 1 else 0 end,
        completed_at = case when n.status <> 'pending' then now() end,
        error_during_correction = n.error, cancel_reason = n.cancel_reason, conflict = n.conflict,
        lease_token = null, lease_expires_at = null, updated_at = now()
      from unnest(
        ${ends.map(({ id }) => id)}::bigint[],
        ${ends.map(({ end }) => end.status)}::text[],
        ${ends.map(({ end }) => (end.status === 'pending' ? end.runAt.toISOString() : null))}::text[]::timestamptz[],
        ${flags((end) => waits(end) && !('countsAttempt' in end && end.countsAttempt))}::text[]::boolean[],
        ${ends.map(({ end }) => error(end))}::text[],
        ${ends.map(({ end }) => (end.status === 'cancelled' ? end.reason : null))}::text[],
        ${flags((end) => end.status === 'cancelled' && end.conflict)}::text[]::boolean[],
        ${notesOf(
          db,
          ends.map(({ step }) => step),
        )}
      ) as n(id, status, run_at, free, error, cancel_reason, conflict, entries, reasons, proven),
        ${stillClaimed(db, db`n.id`, token)}
      where t.id = claim.id
      returning t.id, t.status, t.file_document_id, t.generation
    ), settled as (
      update processing_errors p set resolution_status = 'auto_correction', resolved_at = now(),
        resolved_by = 'system', correction_id = ended.id
      from ended, lateral (
        select id from processing_errors
        where file_document_id = ended.file_document_id and generation = ended.generation
          and coalesce(resolution_status, '') = 'unresolved'
        for update
      ) as open
      where ended.status = 'completed' and p.id = open.id
    )
    select id from ended`;
  return new Set(rows.map((row) => row.id));
}
