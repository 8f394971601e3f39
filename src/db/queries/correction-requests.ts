import type { CorrectionRequest, CorrectionStatus } from '../../contracts/corrections.ts';
import { correctionActions } from '../../domain/corrections.ts';
import type { Queryable } from '../client.ts';

/** What producers and operators ask of corrections. */

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
      attempts = 0, started_at = case when ${move === 'retry'} then null else started_at end,
      error_during_correction = null, conflict = false,
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
