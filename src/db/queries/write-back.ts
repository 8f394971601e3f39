import type { Queryable } from '../client.ts';

/** The files a batch's mail has reported, which the CMS is to be told of. */
export async function reportedDocuments(
  db: Queryable,
  batchId: string,
  after: number,
  limit: number,
): Promise<{ id: number; file_document_id: string }[]> {
  return db<{ id: number; file_document_id: string }[]>`
    select id, file_document_id from batch_files
    where batch_id = ${batchId}::uuid and id > ${after} order by id limit ${limit}`;
}

/** Whether a batch's mail was sent and the CMS has still to be told. */
export async function needsWriteBack(db: Queryable, batchId: string): Promise<boolean> {
  const rows = await db`
    select from batch_processing_sessions
    where batch_id = ${batchId}::uuid and notification_sent and cms_written_back_at is null`;
  return rows.length > 0;
}

/** The CMS knows of every file of the batch. */
export async function markWrittenBack(db: Queryable, batchId: string): Promise<void> {
  await db`
    update batch_processing_sessions set cms_written_back_at = now()
    where batch_id = ${batchId}::uuid`;
}

/** Batches whose mail was sent before `before` and of which the CMS has not been told. */
export function overdueWriteBacks(db: Queryable, before: Date) {
  return db<{ batch_id: string }[]>`
    select batch_id from batch_processing_sessions
    where notification_sent and cms_written_back_at is null and notification_sent_at < ${before}
    order by notification_sent_at`;
}
