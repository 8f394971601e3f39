import type { Sql } from '../../client.ts';

/**
 * What an audit of the stores works on: temporary tables of one session, so that a million objects
 * are Postgres' to hold and to sort, on disk where they are too many, and nobody has to clear up.
 * Keys are compared by their bytes, as buckets do. Document ids that cannot be ours are cut short.
 */
export async function createTables(db: Sql): Promise<void> {
  await db`
    create temporary table audit_objects (
      key text collate "C" primary key,
      modified_at timestamptz not null,
      -- The storage key that stands for it: its own, or the longest prefix.
      named text collate "C" not null,
      -- It lies below a prefix that must not be touched, whichever stands for it.
      protected boolean not null default false)`;
  await db`create temporary table audit_collections (name text primary key)`;
  await db`
    create temporary table audit_chunks (
      collection text, document_id text, chunks bigint not null, chunk_id text not null,
      primary key (collection, document_id))`;
  await db`
    create temporary table audit_records (
      document_id text primary key, storage_key text collate "C", written_at timestamptz not null)`;
  // Every row of file_processing_status, with what the findings are told by.
  await db`
    create temporary table audit_files (
      document_id text not null, company_id int not null, bot_id int not null, user_email text not null,
      generation int not null, occurred_at timestamptz not null, storage_key text collate "C",
      collection text not null, state text not null, succeeded boolean not null,
      has_chunks boolean not null)`;
  // Files that are moving: nothing is said of them.
  await db`create temporary table audit_busy (document_id text primary key)`;
  // Every document we know, by the row a correction would be about.
  await db`
    create temporary table audit_documents (
      document_id text primary key, company_id int, bot_id int, user_email text, generation int not null,
      storage_key text collate "C", collection text, state text not null, category text,
      plan jsonb not null default '[]', kept boolean not null default false)`;
  // Every storage key the events of a failed file named since it last succeeded.
  await db`
    create temporary table audit_failed_keys (
      document_id text not null, key text collate "C" not null, primary key (document_id, key))`;
  // Who names a storage key, and what that says about an object under it.
  await db`
    create temporary table audit_namings (
      key text collate "C" not null, document_id text not null, protects boolean not null,
      leftover boolean not null, orphan boolean not null, fixable boolean not null)`;
  await db`
    create temporary table audit_findings (
      id bigint generated always as identity primary key,
      kind text not null, item text collate "C" not null, document_id text, collection text,
      storage_key text collate "C", fixable boolean not null)`;
}
