import type { Queryable } from '../client.ts';

/** What the CMS has acknowledged, for a look at whether it still knows. */
export interface WrittenFile {
  batch_id: string;
  file_document_id: string;
  written_at: Date;
}

/** One file of a batch `b`, one that succeeded if there is any, of which no later mail told. */
const ONE_FILE = (db: Queryable) => db`
  lateral (
    select f.file_document_id from batch_files f
    where f.batch_id = b.batch_id and not exists (
      select from batch_files g join batch_processing_sessions later using (batch_id)
      where g.file_document_id = f.file_document_id and later.notification_sent
        and (later.notification_sent_at, later.id) > (b.notification_sent_at, b.id))
    order by f.processing_status = 'success' desc, random() limit 1
  ) file on true`;

/** Files of the batches from `rank` on, counted from the last one the CMS was told of. */
export async function writtenFilesFrom(
  db: Queryable,
  since: Date,
  rank: number,
  limit: number,
): Promise<{ newest: Date | null; files: WrittenFile[] }> {
  const rows = await db<(WrittenFile & { file_document_id: string | null })[]>`
    select b.batch_id, b.cms_written_back_at as written_at, file.file_document_id
    from (
      select * from batch_processing_sessions
      where notification_sent and cms_written_back_at >= ${since}
      order by cms_written_back_at desc offset ${rank} limit ${limit}
    ) b left join ${ONE_FILE(db)}
    order by b.cms_written_back_at desc`;
  return {
    newest: rows[0]?.written_at ?? null,
    files: rows.filter((row) => row.file_document_id !== null),
  };
}

/** One file each of up to `count` batches, any of those the CMS was told of since then. */
export async function anyWrittenFiles(
  db: Queryable,
  since: Date,
  count: number,
): Promise<WrittenFile[]> {
  return db<WrittenFile[]>`
    with reach as (
      select id as first, (select max(id) from batch_processing_sessions) as last
      from batch_processing_sessions
      where cms_written_back_at >= ${since} order by cms_written_back_at limit 1
    )
    select distinct on (b.batch_id) b.batch_id, b.cms_written_back_at as written_at,
      file.file_document_id
    from reach cross join lateral (
      select reach.first + floor(random() * (reach.last - reach.first + 1))::bigint as id
      from generate_series(1, ${count})
    ) pick cross join lateral (
      select * from batch_processing_sessions s
      where s.id >= pick.id and notification_sent and cms_written_back_at >= ${since}
      order by s.id limit 1
    ) b join ${ONE_FILE(db)}`;
}

/** Has the CMS told again of every batch it was told of since then. @returns how many */
export async function writeBackSince(db: Queryable, since: Date): Promise<number> {
  const { count } = await db`
    update batch_processing_sessions set cms_written_back_at = null
    where notification_sent and cms_written_back_at >= ${since}`;
  return count;
}

/** Has the CMS told again of these batches. */
export async function writeBackAgain(db: Queryable, batchIds: string[]): Promise<void> {
  await db`
    update batch_processing_sessions set cms_written_back_at = null
    where batch_id = any(${batchIds}::uuid[]) and notification_sent`;
}
