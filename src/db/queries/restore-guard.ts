import type { RestoreFacts } from '../../domain/restore-obstacle.ts';
import { ORPHANED } from '../../domain/store-audit.ts';
import type { Queryable } from '../client.ts';

/**
 * Asks our own records what stands against undoing a correction: its document's rows, whosever, and
 * what is accepted but not yet applied.
 * @returns null where there is no such correction
 */
export async function restoreFacts(db: Queryable, id: number): Promise<RestoreFacts | null> {
  // A delete before the correction is none: the correction removed what the deleted file had left. Of
  // a file that was deleted long ago there is no row any more.
  const [row] = await db<RestoreFacts[]>`
    select exists (
        select from auto_correction_tasks o where o.file_document_id = t.file_document_id
          and o.status in ('pending', 'awaiting_approval', 'processing')) as open,
      exists (select from file_events e where e.file_document_id = t.file_document_id
        and e.applied_at is null and e.dead_lettered_at is null) as waiting,
      s.under_way, s.succeeded, not s.succeeded and case
        when t.user_email is null then s.deleted and not s.present
        else s.own_deleted or (not s.own and t.failure_category <> ${ORPHANED})
      end as deleted
    from auto_correction_tasks t cross join lateral (
      select coalesce(bool_or(present and not finished), false) as under_way,
        coalesce(bool_or(present and finished and status = 'success'), false) as succeeded,
        coalesce(bool_or(present), false) as present, coalesce(bool_or(own), false) as own,
        coalesce(bool_or(deleted), false) as deleted,
        coalesce(bool_or(own and deleted), false) as own_deleted
      from (
        select f.status, f.deleted_at is null as present,
          f.deleted_at is not null and f.updated_at >= t.created_at as deleted,
          f.status = 'failed' or (f.status = 'success' and f.processing_stage = 'completed') as finished,
          (f.company_id = t.company_id and f.bot_id = t.bot_id
            and f.user_email = t.user_email) is true as own
        from file_processing_status f where f.file_document_id = t.file_document_id
      ) states
    ) s
    where t.id = ${id}`;
  return row ?? null;
}
