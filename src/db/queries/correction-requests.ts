import type { Fragment } from 'postgres';
import type { CorrectionRequest, CorrectionStatus } from '../../contracts/corrections.ts';
import {
  type CorrectionMode,
  type ModeSubject,
  statusUnder,
  strictestMode,
} from '../../domain/correction-mode.ts';
import type { FileOwner } from '../../domain/correction-owner.ts';
import { correctionActions } from '../../domain/corrections.ts';
import { scrubbed, scrubbedJson } from '../../domain/scrub.ts';
import type { Queryable, Transaction } from '../client.ts';
import { companiesJudging, type Judged } from './correction-judges.ts';
import { lockCorrection } from './corrections.ts';

/** What producers and operators ask of corrections. */

/**
 * Whose a document is by our own records, whatever a request says: all who have or had it, and those of
 * events that are accepted but not applied.
 */
export async function ownersOf(db: Queryable, documentId: string): Promise<FileOwner[]> {
  return db<FileOwner[]>`
    select company_id, bot_id from file_processing_status where file_document_id = ${documentId}
    union
    select company_id, bot_id from file_events
    where file_document_id = ${documentId} and applied_at is null and dead_lettered_at is null`;
}

/**
 * Opens the task a producer asks for, for the file's current generation. An open task for the same
 * file and generation is answered instead.
 */
export async function requestCorrection(
  db: Queryable,
  request: CorrectionRequest,
  mode: CorrectionMode,
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
        bot_id, failure_category, original_error_message, error_details, correction_actions, mode, status, run_at)
      select ${request.file_document_id}, file.generation, ${request.file_name ?? null},
        coalesce(${request.storage_key ?? null}, file.storage_key), ${request.company_id ?? null},
        ${request.bot_id ?? null}, ${request.failure_category}, ${scrubbed(request.error_message)},
        ${request.error_details ? JSON.stringify(scrubbedJson(request.error_details)) : null}::text::jsonb,
        ${JSON.stringify(correctionActions(request.failure_category))}::text::jsonb, ${mode}, ${statusUnder(mode)}, ${runAt}
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
  if (!row) return requestCorrection(db, request, mode, runAt); // the open task ended just now
  return row;
}

/** What an operator can do to a task, and the statuses it is possible in. */
const OPERATOR_MOVES = {
  retry: { from: ['failed', 'cancelled', 'dry_run'], to: 'pending' },
  approve: { from: ['awaiting_approval'], to: 'pending' },
  cancel: { from: ['pending', 'awaiting_approval', 'failed'], to: 'cancelled' },
} as const;
export type OperatorMove = keyof typeof OPERATOR_MOVES;

/**
 * Moves a task on. What an operator lets run is the operator's decision: no brake holds or counts it.
 * @param modeOf the mode in force now, which a repeated run follows
 * @returns false where the task's status forbids the move, or something of the file is being put back
 */
export async function moveCorrection(
  tx: Transaction,
  id: number,
  move: OperatorMove,
  modeOf: (subject: ModeSubject) => CorrectionMode,
) {
  const { from, to } = OPERATOR_MOVES[move];
  await lockCorrection(tx, id);
  const [task] = await tx<Judged[]>`
    select file_document_id, company_id, user_email, failure_category
    from auto_correction_tasks where id = ${id}`;
  if (!task) return false;
  const runs = move !== 'cancel';
  const [companies = []] = move === 'retry' ? await companiesJudging(tx, [task]) : [];
  const mode = move === 'retry' ? strictestMode(modeOf, task.failure_category, companies) : null;
  const rows = await tx`
    update auto_correction_tasks t set status = ${to}, run_at = now(), updated_at = now(),
      attempts = 0, started_at = case when ${move === 'retry'} then null else started_at end,
      error_during_correction = null, conflict = false,
      mode = coalesce(${mode}, mode),
      held_by = null, hold_reason = null,
      brake_released_at = case when ${runs} then now() else brake_released_at end,
      cancel_reason = ${runs ? null : CANCELLED},
      completed_at = case when ${!runs} then now() end
    where id = ${id}
      and (status = any(${[...from]}::text[])
        or (${move === 'approve'} and status = 'pending' and held_by is not null)
        -- What a restore put back before it failed is to be removed again.
        or (${move === 'retry'} and status = 'completed' and exists (
          select from correction_restores r where r.correction_id = t.id and r.status = 'failed')))
      and (${!runs} or not exists (
        select from auto_correction_tasks o
        where o.file_document_id = t.file_document_id and o.generation = t.generation and o.id <> t.id
          and o.status in ('pending', 'awaiting_approval', 'processing')))
      and (${!runs} or not ${openRestore(tx, tx`t.file_document_id`)})
    returning 1`;
  return rows.length > 0;
}

/** A condition: a restore of the document is open, by whichever correction it was removed. */
const openRestore = (db: Queryable, document: Fragment) => db`
  exists (
    select from auto_correction_tasks o join correction_restores r on r.correction_id = o.id
    where o.file_document_id = ${document} and r.status in ('pending', 'processing'))`;

/** Whether what was removed of the document is being put back, or is about to be. */
export async function isBeingPutBack(db: Queryable, documentId: string): Promise<boolean> {
  const [row] = await db<{ open: boolean }[]>`select ${openRestore(db, db`${documentId}`)} as open`;
  return row?.open === true;
}

/** Why a task that an operator called off was cancelled. */
export const CANCELLED = 'cancelled by an operator';

/** Which open tasks to cancel: every condition that is given has to hold. */
export interface CancelFilter {
  company_id?: number;
  bot_id?: number;
  batch_id?: string;
  failure_category?: string;
  held_by?: string;
  status?: 'pending' | 'awaiting_approval';
  since?: string;
  until?: string;
}

/**
 * Cancels tasks that have not begun to remove anything; the others are cancelled one by one, by
 * somebody who has looked at them.
 * @returns how many were, or would be, cancelled: at most `limit`
 */
export async function cancelMatching(
  db: Queryable,
  filter: CancelFilter,
  limit: number,
  dryRun: boolean,
): Promise<number> {
  const equal = (['company_id', 'bot_id', 'batch_id', 'failure_category', 'held_by'] as const).map(
    (name) => (filter[name] === undefined ? db`` : db`and ${db(name)} = ${filter[name]}`),
  );
  const statuses = filter.status ? [filter.status] : ['pending', 'awaiting_approval'];
  const matching = db`
    select id from auto_correction_tasks
    where status = any(${statuses}::text[]) and removal_began_at is null ${equal}
      ${filter.since ? db`and created_at >= ${new Date(filter.since)}` : db``}
      ${filter.until ? db`and created_at <= ${new Date(filter.until)}` : db``}
    order by id limit ${limit}`;
  if (dryRun) return (await matching).length;
  const rows = await db`
    update auto_correction_tasks set status = 'cancelled', cancel_reason = ${CANCELLED},
      held_by = null, hold_reason = null, completed_at = now(), updated_at = now()
    where id in (${matching} for update skip locked) returning 1`;
  return rows.length;
}
