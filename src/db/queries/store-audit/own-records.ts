import type { CorrectionAction } from '../../../domain/corrections.ts';
import type { Sql } from '../../client.ts';
import { CANCELLED } from '../correction-requests.ts';
import { keysSinceSuccess } from '../failed-places.ts';

/** What our own records know of files, as the audit of the stores needs it. */

/** How the audit judges files. */
export interface Judging {
  /** Names the collection of a file: CHROMA_COLLECTION. */
  collection: string;
  /** Whatever is younger than this is let alone. */
  before: Date;
  /** The steps of each category we know, and of any other. */
  plans: { category: string; actions: readonly CorrectionAction[] }[];
  otherPlan: readonly CorrectionAction[];
}

/** To be asked after the objects and chunks were listed: whatever is written first is known later. */
export async function addOwnRecords(db: Sql, judging: Judging): Promise<void> {
  await addFiles(db, judging.collection);
  await addBusy(db, judging.before);
  await addDocuments(db);
  await planRemovals(db, judging);
  await addFailedKeys(db);
  await db`analyze audit_files`;
  await db`analyze audit_documents`;
}

async function addFiles(db: Sql, collection: string): Promise<void> {
  await db`
    insert into audit_files
    select f.file_document_id, f.company_id, f.bot_id, f.user_email, f.generation, f.occurred_at,
      f.storage_key,
      replace(replace(${collection}::text, '{company_id}', f.company_id::text), '{bot_id}', f.bot_id::text),
      case when f.deleted_at is not null then 'deleted' when f.status = 'failed' then 'failed'
        else 'live' end,
      f.deleted_at is null and f.status = 'success' and f.processing_stage = 'completed',
      coalesce(l.chunks_created > 0, false)
    from file_processing_status f
    left join batch_files l on l.id = f.batch_file_id and l.generation = f.generation`;
}

/** Files that moved of late, have an event to be applied, or a correction or restore under way. */
export async function addBusy(db: Sql, since: Date): Promise<void> {
  await db`
    insert into audit_busy
    select file_document_id from file_processing_status where updated_at >= ${since}
    union
    select file_document_id from unapplied_file_events
    union
    select file_document_id from auto_correction_tasks
    where status in ('pending', 'awaiting_approval', 'processing')
    union
    select t.file_document_id from correction_restores r
    join auto_correction_tasks t on t.id = r.correction_id
    where r.status in ('pending', 'processing')
      -- What was put back is there on purpose, as long as nobody ingests it again.
      or (r.status = 'completed' and exists (select from file_processing_status f
        where f.file_document_id = t.file_document_id and f.generation = t.generation))
    on conflict do nothing`;
}

/** One row per document: live where anybody's row is, else failed where any is, else deleted. */
async function addDocuments(db: Sql): Promise<void> {
  await db`
    insert into audit_documents
      (document_id, company_id, bot_id, user_email, generation, storage_key, collection, state)
    select distinct on (document_id) document_id, f.company_id, f.bot_id, f.user_email, f.generation,
      f.storage_key, f.collection,
      case when s.live then 'live' when s.failed then 'failed' else 'deleted' end
    from audit_files f join (
      select document_id, bool_or(state = 'live') as live, bool_or(state = 'failed') as failed
      from audit_files group by document_id
    ) s using (document_id)
    order by document_id, f.state = 'failed' desc, f.occurred_at desc`;
  // Known by nothing but the correction a producer asked for.
  await db`
    insert into audit_documents (document_id, company_id, bot_id, generation, storage_key, state, plan)
    select distinct on (t.file_document_id) t.file_document_id, t.company_id, t.bot_id, t.generation,
      t.storage_key, 'asked', t.correction_actions
    from auto_correction_tasks t
    where not exists (select from audit_documents d where d.document_id = t.file_document_id)
    order by t.file_document_id, t.id desc`;
}

/** Whichever attempt of a failed file named them. */
async function addFailedKeys(db: Sql): Promise<void> {
  await db`
    insert into audit_failed_keys
    select f.file_document_id, k.key
    from audit_documents d join file_processing_status f on f.file_document_id = d.document_id
    cross join lateral (${keysSinceSuccess(db)}) k
    where d.state = 'failed' and f.status = 'failed' and f.deleted_at is null
    on conflict do nothing`;
}

/** What a correction of each failed file had to remove, and which ones an operator called off. */
async function planRemovals(db: Sql, { plans, otherPlan }: Judging): Promise<void> {
  await db`
    update audit_documents d set category = e.error_category,
      plan = coalesce(p.actions, ${JSON.stringify(otherPlan)}::text::jsonb)
    from (
      select distinct on (f.document_id) f.document_id, e.error_category
      from audit_documents f join processing_errors e
        on e.file_document_id = f.document_id and e.generation = f.generation
      where f.state = 'failed' order by f.document_id, e.id desc
    ) e
    left join unnest(
      ${plans.map(({ category }) => category)}::text[],
      ${plans.map(({ actions }) => JSON.stringify(actions))}::text[]::jsonb[]
    ) as p(category, actions) on p.category = e.error_category
    where d.document_id = e.document_id`;
  await db`
    update audit_documents d set kept = true from auto_correction_tasks t
    where t.file_document_id = d.document_id and t.generation = d.generation
      and t.status = 'cancelled' and t.cancel_reason = ${CANCELLED}`;
}
