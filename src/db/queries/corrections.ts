import type { CorrectionStatus } from '../../contracts/corrections.ts';
import type { CorrectionAction } from '../../domain/corrections.ts';
import type { Queryable } from '../client.ts';
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
  run_at: Date;
  attempts: number;
  removal_began_at: Date | null;
  s3_cleanup_completed: boolean;
  chroma_cleanup_completed: boolean;
  cms_cleanup_completed: boolean;
  created_at: Date;
}

/**
 * Claims a due task. A claim whose lease has run out may be claimed again: every step is idempotent.
 * @param leaseSeconds after this the claim counts as abandoned
 */
export async function claimCorrection(
  db: Queryable,
  id: number,
  token: string,
  leaseSeconds: number,
): Promise<CorrectionRow | undefined> {
  const [row] = await db<CorrectionRow[]>`
    update auto_correction_tasks set status = 'processing', lease_token = ${token}::uuid,
      lease_expires_at = now() + make_interval(secs => ${leaseSeconds}),
      started_at = coalesce(started_at, now()), attempts = attempts + 1, updated_at = now()
    where id = ${id} and run_at <= now()
      and (status = 'pending' or (status = 'processing' and lease_expires_at < now()))
    returning *`;
  return row;
}

/** Reads one task. */
export async function findCorrection(db: Queryable, id: number) {
  const [row] = await db<CorrectionRow[]>`select * from auto_correction_tasks where id = ${id}`;
  return row;
}

/**
 * Notes that a store is about to be asked to remove something, before it is: whether it did can be
 * unknown afterwards.
 * @returns false when the claim is lost: nothing may be removed
 */
export async function beginRemoval(
  db: Queryable,
  id: number,
  token: string,
  leaseSeconds: number,
): Promise<boolean> {
  const rows = await db`
    update auto_correction_tasks set removal_began_at = coalesce(removal_began_at, now()),
      lease_expires_at = now() + make_interval(secs => ${leaseSeconds}), updated_at = now()
    where id = ${id} and lease_token = ${token}::uuid and status = 'processing' returning 1`;
  return rows.length > 0;
}

/** Appends to a task's log and extends its lease. @returns false when the claim is lost */
export async function logStep(
  db: Queryable,
  id: number,
  token: string,
  entry: ExecutionEntry,
  leaseSeconds: number,
): Promise<boolean> {
  const rows = await db`
    update auto_correction_tasks set
      execution_log = execution_log || ${JSON.stringify([entry])}::text::jsonb,
      lease_expires_at = now() + make_interval(secs => ${leaseSeconds}), updated_at = now()
    where id = ${id} and lease_token = ${token}::uuid and status = 'processing' returning 1`;
  return rows.length > 0;
}

/** Notes that a step is settled: proven by read-back, or not applicable for the reason given. */
export async function settleStep(
  db: Queryable,
  id: number,
  token: string,
  action: CorrectionAction,
  notApplicable: string | null,
): Promise<void> {
  const proven = (name: CorrectionAction) => action === name && notApplicable === null;
  const reason = notApplicable === null ? {} : { [action]: notApplicable };
  await db`
    update auto_correction_tasks set
      s3_cleanup_completed = s3_cleanup_completed or ${proven('s3_delete')},
      chroma_cleanup_completed = chroma_cleanup_completed or ${proven('chroma_delete')},
      cms_cleanup_completed = cms_cleanup_completed or ${proven('cms_delete')},
      not_applicable = not_applicable || ${JSON.stringify(reason)}::text::jsonb, updated_at = now()
    where id = ${id} and lease_token = ${token}::uuid`;
}

/** How a claimed task ends, or when it goes on. */
export type CorrectionEnd =
  | { status: 'completed' | 'dry_run' }
  | { status: 'failed'; reason: string }
  | { status: 'cancelled'; reason: string; conflict: boolean }
  /** `countsAttempt: false` where nothing was tried, only waited for. */
  | { status: 'pending'; reason: string; runAt: Date; countsAttempt: boolean };

/** Ends a claim. Only the holder of the token can; a completed task settles the errors it answers. */
export async function endCorrection(
  db: Queryable,
  id: number,
  token: string,
  end: CorrectionEnd,
): Promise<boolean> {
  const ended = end.status !== 'pending';
  const rows = await db<{ file_document_id: string; generation: number }[]>`
    update auto_correction_tasks set status = ${end.status},
      run_at = coalesce(${end.status === 'pending' ? end.runAt : null}, run_at),
      attempts = attempts - ${end.status === 'pending' && !end.countsAttempt ? 1 : 0},
      completed_at = case when ${ended} then now() end,
      error_during_correction = ${end.status === 'failed' || end.status === 'pending' ? end.reason : null},
      cancel_reason = ${end.status === 'cancelled' ? end.reason : null},
      conflict = ${end.status === 'cancelled' && end.conflict},
      lease_token = null, lease_expires_at = null, updated_at = now()
    where id = ${id} and lease_token = ${token}::uuid and status = 'processing'
    returning file_document_id, generation`;
  const [row] = rows;
  if (row && end.status === 'completed')
    await db`
      update processing_errors set resolution_status = 'auto_correction', resolved_at = now(),
        correction_id = ${id}
      where file_document_id = ${row.file_document_id} and generation = ${row.generation}
        and resolution_status = 'unresolved'`;
  return rows.length > 0;
}

/** Tasks that are due: pending ones, and claimed ones whose lease has run out. */
export function overdueCorrections(db: Queryable) {
  return db<{ id: number }[]>`
    select id from auto_correction_tasks
    where run_at <= now()
      and (status = 'pending' or (status = 'processing' and lease_expires_at < now()))
    order by run_at`;
}
