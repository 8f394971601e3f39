import type { CorrectionStatus } from '../../contracts/corrections.ts';
import type { FileStatus } from '../../contracts/file-events.ts';
import type { CorrectionAction } from '../../domain/corrections.ts';
import type { Queryable } from '../client.ts';

/** One line of a batch with what became of the file's leftovers. */
export interface ReportedFile {
  file_document_id: string;
  file_name: string;
  processing_status: FileStatus;
  processing_time_seconds: number | null;
  chunks_created: number | null;
  file_size_bytes: number | null;
  error_message: string | null;
  error_category: string | null;
  correction_status: CorrectionStatus | null;
  correction_actions: CorrectionAction[] | null;
  not_applicable: Partial<Record<CorrectionAction, string>> | null;
  s3_cleanup_completed: boolean | null;
  chroma_cleanup_completed: boolean | null;
  cms_cleanup_completed: boolean | null;
}

/**
 * The first `limit` lines of a batch that have one of the statuses, by name. Their order is an index',
 * so that a batch of a hundred thousand files is not read for the sake of a few.
 */
export async function reportedFiles(
  db: Queryable,
  batchId: string,
  statuses: FileStatus[],
  limit: number,
): Promise<ReportedFile[]> {
  return db<ReportedFile[]>`
    ${linesOf(
      db,
      db`(
        select * from batch_files
        where batch_id = ${batchId}::uuid and processing_status = any(${statuses}::text[])
        order by left(file_name, 200), file_name, id limit ${limit}
      )`,
    )}
    order by left(f.file_name, 200), f.file_name, f.id`;
}

/** All such lines in pages, in the order of the statuses, then by name; memory stays bounded. */
export function allReportedFiles(
  db: Queryable,
  batchId: string,
  statuses: FileStatus[],
): AsyncIterable<ReportedFile[]> {
  return db<ReportedFile[]>`
    ${lines(db, batchId, statuses)}
    order by array_position(${statuses}::text[], f.processing_status), f.file_name, f.id`.cursor(
    1000,
  );
}

function lines(db: Queryable, batchId: string, statuses: FileStatus[]) {
  return db`
    ${linesOf(db)}
    where f.batch_id = ${batchId}::uuid and f.processing_status = any(${statuses}::text[])`;
}

/**
 * Lines with the newest correction of each failed one, to be narrowed by a `where` on `f`.
 * @param from the lines to look at; all of them unless given
 */
export function linesOf(db: Queryable, from = db`batch_files`) {
  return db`
    select f.file_document_id, f.file_name, f.processing_status, f.processing_time_seconds,
      f.chunks_created, f.file_size_bytes, f.error_message, f.error_category,
      c.status as correction_status, c.correction_actions, c.not_applicable,
      c.s3_cleanup_completed, c.chroma_cleanup_completed, c.cms_cleanup_completed
    from ${from} f
    left join lateral (
      select * from auto_correction_tasks t
      where t.file_document_id = f.file_document_id and t.generation = f.generation
      order by t.id desc limit 1
    ) c on f.processing_status = 'failed'`;
}
