import type { StoreName } from '../contracts/stores.ts';
import type { Sql } from '../db/client.ts';
import {
  dropFindings,
  dropKinds,
  dropMoved,
  type FoundRow,
  findingsAfter,
} from '../db/queries/store-audit/findings.ts';
import { addBusy } from '../db/queries/store-audit/own-records.ts';
import type { Deps } from '../deps.ts';
import { recordObjection } from '../domain/cms-record.ts';
import { AUDIT_KINDS, type AuditKind, auditKinds } from '../domain/store-audit.ts';
import { readRecords } from '../stores/cms.ts';
import { StoreError } from '../stores/store-error.ts';
import { orUnread, type StoreLists, type UnreadStores } from './audit-read-stores.ts';

const PAGE = 1000;

/** Which findings of a page do not hold. */
type Check = (page: readonly FoundRow[]) => Promise<FoundRow[]>;

const OBJECTS: AuditKind[] = ['object_without_record', 'leftover_object', 'record_without_object'];
const CHUNKS: AuditKind[] = ['chunks_without_record', 'leftover_chunks', 'record_without_chunks'];
const RECORDS: AuditKind[] = [
  'object_without_record',
  'chunks_without_record',
  'leftover_object',
  'leftover_chunks',
  'leftover_record',
];

/**
 * Looks at every finding a second time. Reading everything takes long, lists shift while they are read,
 * and files move: only what both looks agree on is said.
 * @param since when the reading began
 */
export async function confirmFindings(
  db: Sql,
  deps: Pick<Deps, 'cms'>,
  lists: StoreLists,
  unread: UnreadStores,
  since: Date,
  signal: AbortSignal,
): Promise<void> {
  await db`analyze audit_findings`;
  const look = (store: StoreName, kinds: AuditKind[], check: Check) =>
    orUnread(unread, store, () => checkAll(db, kinds, check, signal));
  await look('s3', OBJECTS, (page) => wrongObjects(lists, page));
  await look('chroma', CHUNKS, (page) => wrongChunks(lists, page));
  await look('cms', RECORDS, (page) => contradicted(deps, page));
  const untold = auditKinds.filter((kind) =>
    AUDIT_KINDS[kind].needs.some((one) => unread.has(one)),
  );
  await dropKinds(db, untold);
  await addBusy(db, since);
  await dropMoved(db, since);
}

async function checkAll(db: Sql, kinds: AuditKind[], check: Check, signal: AbortSignal) {
  for (let after = 0; ; ) {
    signal.throwIfAborted();
    const page = await findingsAfter(db, kinds, after, PAGE);
    const last = page.at(-1);
    if (!last) return;
    const wrong = await check(page);
    await dropFindings(
      db,
      wrong.map(({ id }) => id),
    );
    after = last.id;
  }
}

async function wrongObjects({ objects }: StoreLists, page: readonly FoundRow[]) {
  const keyOf = ({ kind, item, storage_key }: FoundRow) =>
    kind === 'record_without_object' ? (storage_key ?? '') : item;
  const present = await objects.present(page.map(keyOf));
  return page.filter((found) => {
    const missed = found.kind === 'record_without_object';
    return present.has(keyOf(found)) === missed;
  });
}

async function wrongChunks({ chunks }: StoreLists, page: readonly FoundRow[]) {
  const wrong: FoundRow[] = [];
  // A chunk that names no file cannot be asked for.
  const asked = page.filter(({ document_id }) => document_id !== null);
  for (const collection of new Set(asked.map((found) => found.collection ?? ''))) {
    const some = asked.filter((found) => found.collection === collection);
    const present = await chunks.present(
      collection,
      some.map(({ item }) => item),
    );
    wrong.push(
      ...some.filter(({ kind, item }) => present.has(item) === (kind === 'record_without_chunks')),
    );
  }
  return wrong;
}

/** What the CMS has to say: a record that is there after all, is gone, or speaks against a removal. */
async function contradicted({ cms }: Pick<Deps, 'cms'>, page: readonly FoundRow[]) {
  const about = page.filter(({ document_id }) => document_id !== null);
  const records = await readRecords(
    cms,
    about.map(({ document_id }) => document_id ?? ''),
  );
  return about.filter((found, nth) => {
    const record = records[nth];
    if (record instanceof StoreError) {
      if (record.blames === 'store') throw record;
      return true;
    }
    if (!record) return found.kind === 'leftover_record';
    if (found.kind === 'object_without_record' || found.kind === 'chunks_without_record')
      return true;
    const failed = { generation: found.generation, storage_keys: found.failed_keys };
    return found.state !== 'live' && recordObjection(failed, record) !== null;
  });
}
