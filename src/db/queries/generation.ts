import type { GenerationAnswer } from '../../contracts/generation.ts';
import type { Queryable } from '../client.ts';

type State = Omit<GenerationAnswer, 'occurred_at' | 'safe_to_write' | 'reason'> & {
  occurred_at: Date | null;
  /** A correction of the file, of any generation or owner, is at work in the stores. */
  removing: boolean;
  /** A producer asked for a correction of this generation, and nothing was heard of the file since. */
  given_up: boolean;
  /** How many owners the question fits. */
  owners: number;
};

/**
 * Where a file stands for the owner that the question fits. Corrections and restores are those of the
 * document, whosever: the stores know it by its id alone.
 */
export async function generationOf(
  db: Queryable,
  documentId: string,
  owner: { company_id?: number; bot_id?: number; user_email?: string },
): Promise<State> {
  const [row] = await db<State[]>`
    with states as (
      select generation, status, processing_stage, occurred_at, deleted_at is not null as deleted
      from file_processing_status
      where file_document_id = ${documentId}
        and company_id = coalesce(${owner.company_id ?? null}, company_id)
        and bot_id = coalesce(${owner.bot_id ?? null}, bot_id)
        and user_email = coalesce(${owner.user_email ?? null}, user_email)
    ), tasks as (
      select id, generation, status, cancel_reason, user_email, created_at from auto_correction_tasks
      where file_document_id = ${documentId}
    ), told as (
      select id, generation, status, cancel_reason from tasks
    )
    select ${documentId} as file_document_id, coalesce(s.generation, 0) as generation, s.status,
      s.processing_stage, s.occurred_at, coalesce(s.deleted, false) as deleted,
      (select count(*)::int from states) as owners,
      exists (select from file_events where file_document_id = ${documentId}
        and applied_at is null and dead_lettered_at is null) as events_pending,
      (select to_jsonb(t) from told t order by id desc limit 1) as correction,
      (select to_jsonb(t) from told t where t.generation = coalesce(s.generation, 0)
        and status in ('pending', 'awaiting_approval', 'processing')) as open_correction,
      exists (select from tasks where status = 'processing') as removing,
      exists (select from tasks t
        where t.user_email is null and t.generation = s.generation and t.status <> 'cancelled'
          and not exists (select from file_events e
            where e.file_document_id = ${documentId} and e.received_at > t.created_at)) as given_up,
      -- One that waits for an ingestion must not keep it from writing: both would wait for ever.
      exists (select from correction_restores r join tasks t on t.id = r.correction_id
        where r.status = 'processing' or (r.status = 'pending' and not exists (
          select from file_processing_status f
          where f.file_document_id = ${documentId} and f.deleted_at is null and f.status <> 'failed'
            and not (f.status = 'success' and f.processing_stage = 'completed')))) as restoring
    from (select 1) as one left join lateral (select * from states limit 1) s on true`;
  if (!row) throw new Error('the question about a generation had no answer');
  return row;
}
