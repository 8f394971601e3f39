import type { CorrectionRequest, CorrectionStatus } from '../../contracts/corrections.ts';
import { type CorrectionAction, correctionActions } from '../../domain/corrections.ts';
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

/** Why a correction must not (go on to) delete; `waiting` only means: not before it is applied. */
export type Objection =
  | 'newer generation'
  | 'it succeeded'
  | 'another owner has it'
  | 'it was deleted'
  | 'waiting';

/**
 * Asks our own records whether the file is still the one that failed: the guard of promise 6. It
 * counts what is accepted but not yet applied.
 */
export async function objectionTo(
  db: Queryable,
  task: Pick<
    CorrectionRow,
    'file_document_id' | 'generation' | 'company_id' | 'bot_id' | 'user_email'
  >,
): Promise<Objection | null> {
  // Asked for by a producer: nobody's file in particular, so anybody's success objects.
  const asked = task.user_email === null;
  const [row] = await db<
    Record<'newer' | 'succeeded' | 'other' | 'deleted' | 'waiting', boolean>[]
  >`
    with states as (
      select generation, status, deleted_at,
        status = 'success' and processing_stage = 'completed' as good,
        (company_id = ${task.company_id} and bot_id = ${task.bot_id}
            and user_email = ${task.user_email}) is true as own
      from file_processing_status where file_document_id = ${task.file_document_id}
    ), present as (select * from states where deleted_at is null)
    select
      exists (select from present where (own or ${asked}) and generation > ${task.generation}) as newer,
      exists (select from present where good and
        (${asked} or (own and generation = ${task.generation}))) as succeeded,
      ${!asked} and exists (select from present where not own and status <> 'failed') as other,
      ${!asked} and exists (select from states where own and deleted_at is not null) as deleted,
      exists (select from file_events where file_document_id = ${task.file_document_id}
        and applied_at is null and dead_lettered_at is null) as waiting`;
  if (row?.newer) return 'newer generation';
  if (row?.succeeded) return 'it succeeded';
  if (row?.other) return 'another owner has it';
  if (row?.deleted) return 'it was deleted';
  return row?.waiting ? 'waiting' : null;
}

/** Tasks that are due: pending ones, and claimed ones whose lease has run out. */
export function overdueCorrections(db: Queryable) {
  return db<{ id: number }[]>`
    select id from auto_correction_tasks
    where run_at <= now()
      and (status = 'pending' or (status = 'processing' and lease_expires_at < now()))
    order by run_at`;
}

/**
 * Opens the task a producer asks for, for the file's current generation. An open task for the same
 * file and generation is answered instead.
 */
export async function requestCorrection(
  db: Queryable,
  request: CorrectionRequest,
  status: 'pending' | 'awaiting_approval',
  runAt: Date,
): Promise<{ id: number; status: CorrectionStatus; run_at: Date; created: boolean }> {
  const [row] = await db<
    { id: number; status: CorrectionStatus; run_at: Date; created: boolean }[]
  >`
    with file as (
      select coalesce(max(generation), 0) as generation, (
          select storage_key from file_processing_status
          where file_document_id = ${request.file_document_id} and deleted_at is null
            and company_id = coalesce(${request.company_id ?? null}, company_id)
            and bot_id = coalesce(${request.bot_id ?? null}, bot_id)
          order by occurred_at desc limit 1
        ) as storage_key
      from file_processing_status where file_document_id = ${request.file_document_id}
    ), opened as (
      insert into auto_correction_tasks (file_document_id, generation, file_name, storage_key, company_id,
        bot_id, failure_category, original_error_message, error_details, correction_actions, status, run_at)
      select ${request.file_document_id}, file.generation, ${request.file_name ?? null},
        coalesce(${request.storage_key ?? null}, file.storage_key), ${request.company_id ?? null},
        ${request.bot_id ?? null}, ${request.failure_category}, ${request.error_message},
        ${request.error_details ? JSON.stringify(request.error_details) : null}::text::jsonb,
        ${JSON.stringify(correctionActions(request.failure_category))}::text::jsonb, ${status}, ${runAt}
      from file
      on conflict (file_document_id, generation)
        where status in ('pending', 'awaiting_approval', 'processing') do nothing
      returning id, status, run_at
    )
    select id, status, run_at, true as created from opened
    union all
    select t.id, t.status, t.run_at, false from auto_correction_tasks t, file
    where t.file_document_id = ${request.file_document_id} and t.generation = file.generation
      and t.status in ('pending', 'awaiting_approval', 'processing')
      and not exists (select from opened)
    limit 1`;
  if (!row) return requestCorrection(db, request, status, runAt); // the open task ended just now
  return row;
}

/** What an operator can do to a task, and the statuses it is possible in. */
const OPERATOR_MOVES = {
  retry: { from: ['failed', 'cancelled', 'dry_run'], to: 'pending' },
  approve: { from: ['awaiting_approval'], to: 'pending' },
  cancel: { from: ['pending', 'awaiting_approval', 'failed'], to: 'cancelled' },
} as const;
export type OperatorMove = keyof typeof OPERATOR_MOVES;

/** @returns false where the task's status forbids the move */
export async function moveCorrection(db: Queryable, id: number, move: OperatorMove) {
  const { from, to } = OPERATOR_MOVES[move];
  const rows = await db`
    update auto_correction_tasks t set status = ${to}, run_at = now(), updated_at = now(),
      attempts = 0, error_during_correction = null, conflict = false,
      cancel_reason = ${move === 'cancel' ? 'cancelled by an operator' : null},
      completed_at = case when ${move === 'cancel'} then now() end
    where id = ${id} and status = any(${[...from]}::text[])
      and (${to} = 'cancelled' or not exists (
        select from auto_correction_tasks o
        where o.file_document_id = t.file_document_id and o.generation = t.generation and o.id <> t.id
          and o.status in ('pending', 'awaiting_approval', 'processing')))
    returning 1`;
  return rows.length > 0;
}
