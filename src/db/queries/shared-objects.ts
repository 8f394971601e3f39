import type { Queryable } from '../client.ts';

/** A file that failed and what it would have removed from object storage. */
export interface ObjectOfFile {
  documentId: string;
  storageKey: string;
  /** The key stands for all that is below it. */
  isPrefix: boolean;
}

/** What speaks against removing it: another file lives by it, or an event is still to tell. */
export type Sharing = 'kept' | 'waiting';

type Row = { nth: number; sharing: Sharing };
/** A key to be looked up, for one of the files that were asked about. */
type Asked = ObjectOfFile & { nth: number };

/**
 * Objects that other documents' files live by, which is every file that has not failed: under the same
 * key, below it where it stands for all that is there, or under a key it is below itself. What is accepted
 * but not applied counts too.
 * @param slashIsPrefix keys that end in a slash stand for whatever is below them
 * @returns by what was asked; whoever is not in it has its object for itself
 */
export async function sharedObjects(
  db: Queryable,
  files: readonly ObjectOfFile[],
  slashIsPrefix = true,
): Promise<Map<ObjectOfFile, Sharing>> {
  const asked = files.map((file, nth) => ({ ...file, nth }));
  const keys = asked.filter(({ isPrefix }) => !isPrefix);
  const around = slashIsPrefix ? asked.flatMap(prefixesAround) : [];
  const rows = [
    ...(await underTheSameKey(db, [...keys, ...around])),
    ...(await below(
      db,
      asked.filter(({ isPrefix }) => isPrefix),
    )),
  ];
  // Whoever is known to need the object decides; the others can only be waited for.
  const sharing = new Map<ObjectOfFile, Sharing>();
  for (const row of rows) {
    const file = files[row.nth];
    if (file && sharing.get(file) !== 'kept') sharing.set(file, row.sharing);
  }
  return sharing;
}

/**
 * The keys another file may have that stand for this one's object as well: few enough to be looked up
 * one by one. One of slashes alone would be the whole bucket, and stands for nothing.
 */
function prefixesAround(file: Asked): Asked[] {
  const slashes = [...file.storageKey.matchAll(/\//g)].map(({ index }) => index + 1);
  return slashes
    .map((end) => file.storageKey.slice(0, end))
    .filter((prefix) => prefix !== file.storageKey && /[^/]/.test(prefix))
    .map((storageKey) => ({ ...file, storageKey }));
}

const given = (db: Queryable, files: readonly Asked[]) => db`
  unnest(
    ${files.map(({ nth }) => nth)}::int[],
    ${files.map(({ documentId }) => documentId)}::text[],
    ${files.map(({ storageKey }) => storageKey)}::text[]) as a(nth, document, key)`;

async function underTheSameKey(db: Queryable, files: readonly Asked[]): Promise<Row[]> {
  if (files.length === 0) return [];
  return db<Row[]>`
    select a.nth, 'waiting' as sharing
    from ${given(db, files)} join unapplied_file_events e on e.payload->>'storage_key' = a.key
    where e.file_document_id <> a.document
    union all
    select a.nth, 'kept'
    from ${given(db, files)} where exists (
      -- Offset 0 has each key looked up by itself; the planner would rather read the whole table.
      select from file_processing_status s
      where s.storage_key = a.key and s.file_document_id <> a.document and s.deleted_at is null
        and s.status <> 'failed'
      offset 0)`;
}

/** Reads every file's key; keys that are prefixes are rare. */
async function below(db: Queryable, files: readonly Asked[]): Promise<Row[]> {
  if (files.length === 0) return [];
  return db<Row[]>`
    select a.nth, 'waiting' as sharing
    from ${given(db, files)} join unapplied_file_events e
      on starts_with(e.payload->>'storage_key', a.key)
    where e.file_document_id <> a.document
    union all
    select a.nth, 'kept'
    from ${given(db, files)} join file_processing_status s on starts_with(s.storage_key, a.key)
    where s.file_document_id <> a.document and s.deleted_at is null and s.status <> 'failed'`;
}
