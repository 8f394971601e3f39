import type { Queryable } from '../client.ts';
import type { CorrectionRow } from './corrections.ts';

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
