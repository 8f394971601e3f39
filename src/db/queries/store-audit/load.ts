import { storable } from '../../../contracts/text.ts';
import type { Sql } from '../../client.ts';

/** Puts what the stores answered into the tables of the audit, a page at a time. */

/** Longer than any id of ours, short enough for an index. */
const MAX_ID = 300;
const idOf = (text: string) => storable(text.slice(0, MAX_ID));

/** Objects of the bucket; one that is put in again stays as it was. */
export async function addObjects(
  db: Sql,
  objects: readonly { key: string; modifiedAt: Date }[],
): Promise<void> {
  await db`
    insert into audit_objects (key, modified_at, named)
    select key, modified_at, key from unnest(
      ${objects.map(({ key }) => storable(key))}::text[],
      ${objects.map(({ modifiedAt }) => modifiedAt.toISOString())}::text[]::timestamptz[]
    ) as o(key, modified_at)
    on conflict do nothing`;
}

/** A collection that was read to its end: of no other it is said which files have no chunks. */
export async function addCollection(db: Sql, name: string): Promise<void> {
  await db`insert into audit_collections values (${name}) on conflict do nothing`;
}

/** Chunks of one collection, counted by their files: whoever puts a chunk in again counts it twice. */
export async function addChunks(
  db: Sql,
  collection: string,
  chunks: readonly { id: string; documentId: string }[],
): Promise<void> {
  await db`
    insert into audit_chunks as a (collection, document_id, chunks, chunk_id)
    select ${collection}, document_id, count(*), min(id) from unnest(
      ${chunks.map(({ id }) => idOf(id))}::text[],
      ${chunks.map(({ documentId }) => idOf(documentId))}::text[]
    ) as c(id, document_id)
    group by document_id
    on conflict (collection, document_id) do update set chunks = a.chunks + excluded.chunks`;
}

/** File records of the CMS; one that is put in again takes the new storage key and the later time. */
export async function addRecords(
  db: Sql,
  records: readonly { documentId: string; storageKey: string | null; writtenAt: Date }[],
): Promise<void> {
  await db`
    insert into audit_records (document_id, storage_key, written_at)
    select distinct on (document_id) * from unnest(
      ${records.map(({ documentId }) => idOf(documentId))}::text[],
      ${records.map(({ storageKey }) => storageKey && storable(storageKey))}::text[],
      ${records.map(({ writtenAt }) => writtenAt.toISOString())}::text[]::timestamptz[]
    ) as r(document_id, storage_key, written_at)
    on conflict (document_id) do update set storage_key = excluded.storage_key,
      written_at = greatest(audit_records.written_at, excluded.written_at)`;
}

/** How many different records have been put in. */
export async function countRecords(db: Sql): Promise<number> {
  const [row] = await db<{ count: number }[]>`select count(*) as count from audit_records`;
  return row?.count ?? 0;
}

/** How much has been put in of everything. */
export async function countRead(db: Sql) {
  const [row] = await db<{ objects: number; chunks: number; records: number; files: number }[]>`
    select (select count(*) from audit_objects) as objects,
      (select coalesce(sum(chunks), 0)::bigint from audit_chunks) as chunks,
      (select count(*) from audit_records) as records,
      (select count(*) from audit_files) as files`;
  if (!row) throw new Error('the audit counted nothing');
  return row;
}
