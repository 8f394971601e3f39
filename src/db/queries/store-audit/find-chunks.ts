import type { Sql } from '../../client.ts';

/** Chunks against the files they were cut from, both ways, and the records of failed files. */

/** Chunks of failed generations, and chunks that neither the CMS nor we have a file for. */
export async function findStrayChunks(db: Sql): Promise<void> {
  await db`analyze audit_chunks`;
  await db`
    insert into audit_findings (kind, item, document_id, collection, fixable)
    select case when leftover then 'leftover_chunks' else 'chunks_without_record' end,
      case when document_id = '' then chunk_id else document_id end,
      nullif(document_id, ''), collection, fixable
    from (
      select c.*, r.document_id is not null as in_cms,
        -- Whoever names no collection gets the one there is.
        ((d.state = 'failed' and d.collection = c.collection or d.state = 'asked')
          and d.plan ? 'chroma_delete') is true as leftover,
        (d.state in ('failed', 'deleted') and d.collection = c.collection and not d.kept) is true
          as fixable
      from audit_chunks c
      left join audit_documents d using (document_id)
      left join audit_records r using (document_id)
      where not exists (select from audit_busy b where b.document_id = c.document_id)
        and not exists (select from audit_files f where f.document_id = c.document_id
          and f.collection = c.collection and f.state = 'live')
    ) c
    where leftover or not in_cms`;
}

/**
 * Files that succeeded with chunks and have none, in collections that are there.
 * @returns how many collections are not, of files that succeeded with chunks
 */
export async function findMissingChunks(db: Sql): Promise<number> {
  await db`
    insert into audit_findings (kind, item, document_id, collection, fixable)
    select distinct 'record_without_chunks', f.document_id, f.document_id, f.collection, false
    from audit_files f join audit_collections a on a.name = f.collection
    where f.succeeded and f.has_chunks
      and not exists (select from audit_busy b where b.document_id = f.document_id)
      and not exists (select from audit_chunks c
        where c.document_id = f.document_id and c.collection = f.collection)`;
  const [row] = await db<{ missing: number }[]>`
    select count(distinct collection) as missing from audit_files
    where succeeded and has_chunks and collection not in (select name from audit_collections)`;
  return row?.missing ?? 0;
}

/** CMS records of failed files whose correction was to remove them. */
export async function findLeftRecords(db: Sql): Promise<void> {
  await db`
    insert into audit_findings (kind, item, document_id, fixable)
    select 'leftover_record', d.document_id, d.document_id, d.state = 'failed' and not d.kept
    from audit_records r join audit_documents d using (document_id)
    where d.state in ('failed', 'asked') and d.plan ? 'cms_delete'
      and not exists (select from audit_busy b where b.document_id = d.document_id)`;
}
