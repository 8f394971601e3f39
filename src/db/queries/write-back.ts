import type { Queryable } from '../client.ts';

/**
 * The files a batch's mail has reported, which the CMS is to be told of: not those that a later mail
 * reported as well, whose batch is the one the CMS should know.
 */
export async function reportedDocuments(
  db: Queryable,
  batchId: string,
  after: number,
  limit: number,
): Promise<{ id: number; file_document_id: string }[]> {
  return db<{ id: number; file_document_id: string }[]>`
    select f.id, f.file_document_id
    from batch_files f join batch_processing_sessions b using (batch_id)
    where f.batch_id = ${batchId}::uuid and f.id > ${after} and not exists (
      select from batch_files g join batch_processing_sessions later using (batch_id)
      where g.file_document_id = f.file_document_id and later.notification_sent
        and (later.notification_sent_at, later.id) > (b.notification_sent_at, b.id))
    order by f.id limit ${limit}`;
}

/** A batch whose mail was sent and of which the CMS has still to be told; undefined for any other. */
export async function batchToWriteBack(
  db: Queryable,
  batchId: string,
): Promise<{ company_id: number } | undefined> {
  const [row] = await db<{ company_id: number }[]>`
    select company_id from batch_processing_sessions
    where batch_id = ${batchId}::uuid and notification_sent and cms_written_back_at is null`;
  return row;
}

/** The CMS knows of every file of the batch. */
export async function markWrittenBack(db: Queryable, batchId: string): Promise<void> {
  await db`
    update batch_processing_sessions set cms_written_back_at = now()
    where batch_id = ${batchId}::uuid`;
}

/** So many wait in Redis at a time; the oldest first, the rest follow as they are done. */
const MAX_WAITING = 5000;

/** Batches whose mail was sent before `before` and of which the CMS has not been told. */
export function overdueWriteBacks(db: Queryable, before: Date) {
  return db<{ batch_id: string }[]>`
    select batch_id from batch_processing_sessions
    where notification_sent and cms_written_back_at is null and notification_sent_at < ${before}
    order by notification_sent_at limit ${MAX_WAITING}`;
}
