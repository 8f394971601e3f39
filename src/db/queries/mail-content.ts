import type { CorrectionStatus } from '../../contracts/corrections.ts';
import type { FileStatus } from '../../contracts/file-events.ts';
import type { StoreName } from '../../contracts/stores.ts';
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
  /** The stores in which what the correction removed was put back afterwards; null where in none. */
  restored: StoreName[] | null;
}

/** Lines of a batch that have one of the statuses. */
export interface FileList {
  batch_id: string;
  statuses: FileStatus[];
  /** No more than the first so many by name. */
  limit: number;
}

/**
 * The order of lines `f` by name, the first 200 characters first, as the index has them. The collation
 * reads numbers as numbers: "scan-12" before "scan-100".
 */
export const byName = (db: Queryable) => db`
  left(f.file_name, 200) collate natural_order, f.file_name collate natural_order, f.id`;

/**
 * The first lines of each list, by name. Their order is an index', so that a batch of a hundred thousand
 * files is not read for the sake of a few.
 */
export async function reportedFiles(db: Queryable, lists: FileList[]): Promise<ReportedFile[][]> {
  const from = db`(
    select w.list, l.* from unnest(
      ${lists.map((_list, nth) => nth)}::int[],
      ${lists.map(({ batch_id }) => batch_id)}::uuid[],
      ${lists.map(({ statuses }) => `{${statuses}}`)}::text[],
      ${lists.map(({ limit }) => limit)}::int[]
    ) as w(list, batch_id, statuses, at_most)
    cross join lateral (
      select * from batch_files f
      where batch_id = w.batch_id and processing_status = any(w.statuses::text[])
      order by ${byName(db)} limit w.at_most
    ) l
  )`;
  const rows = await db<(ReportedFile & { list: number })[]>`
    ${linesOf(db, from, db`f.list,`)}
    order by f.list, ${byName(db)}`;
  const found = lists.map((): ReportedFile[] => []);
  for (const { list, ...file } of rows) found[list]?.push(file);
  return found;
}

/** All such lines in pages, in the order of the statuses, then by name; memory stays bounded. */
export function allReportedFiles(
  db: Queryable,
  batchId: string,
  statuses: FileStatus[],
): AsyncIterable<ReportedFile[]> {
  return db<ReportedFile[]>`
    ${lines(db, batchId, statuses)}
    order by array_position(${statuses}::text[], f.processing_status), ${byName(db)}`.cursor(1000);
}

function lines(db: Queryable, batchId: string, statuses: FileStatus[]) {
  return db`
    ${linesOf(db)}
    where f.batch_id = ${batchId}::uuid and f.processing_status = any(${statuses}::text[])`;
}

/**
 * Lines with the newest correction of each failed one, and what was put back of it, to be narrowed by a `where` on `f`.
 * @param from the lines to look at; all of them unless given
 * @param further columns of `f`, each with a comma after it
 */
export function linesOf(db: Queryable, from = db`batch_files`, further = db``) {
  return db`
    select ${further} f.file_document_id, f.file_name, f.processing_status, f.processing_time_seconds,
      f.chunks_created, f.file_size_bytes, f.error_message, f.error_category,
      c.status as correction_status, c.correction_actions, c.not_applicable,
      c.s3_cleanup_completed, c.chroma_cleanup_completed, c.cms_cleanup_completed,
      case when c.id is not null then (
        select array_agg(distinct q.store)
        from correction_restores r join correction_quarantines q on q.correction_id = r.correction_id
        where r.correction_id = c.id and r.status = 'completed' and r.completed_at >= c.completed_at
          and q.state <> 'saving'
      ) end as restored
    from ${from} f
    left join lateral (
      select * from auto_correction_tasks t
      where t.file_document_id = f.file_document_id and t.generation = f.generation
      order by t.id desc limit 1
    ) c on f.processing_status = 'failed'`;
}
