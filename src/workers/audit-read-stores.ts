import type { StoreName } from '../contracts/stores.ts';
import type { Sql } from '../db/client.ts';
import {
  addChunks,
  addCollection,
  addObjects,
  addRecords,
  countRecords,
} from '../db/queries/store-audit/load.ts';
import type { ChunkList } from '../stores/list-chunks.ts';
import type { ObjectList } from '../stores/list-objects.ts';
import type { RecordList } from '../stores/list-records.ts';
import { StoreError } from '../stores/store-error.ts';

/** The stores as an audit reads them: whole, and a page at a time. */
export interface StoreLists {
  objects: ObjectList;
  chunks: ChunkList;
  records: RecordList;
}

/** Stores that could not be read to the end, with the reason. */
export type UnreadStores = Map<StoreName, string>;

/** Does something that asks a store; a store that gives no answer is noted, anything else is thrown. */
export async function orUnread(
  unread: UnreadStores,
  store: StoreName,
  read: () => Promise<void>,
): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    unread.set(store, error.message);
  }
}

/** Reads the objects below a prefix into the audit's table. */
export async function readObjects(db: Sql, list: ObjectList, prefix: string, signal: AbortSignal) {
  for await (const page of list.pages(prefix)) {
    signal.throwIfAborted();
    await addObjects(db, page);
  }
}

/** Reads the chunks of all collections that are ours into the audit's table. */
export async function readChunks(db: Sql, list: ChunkList, signal: AbortSignal) {
  for (const collection of await list.collections()) {
    for await (const page of list.pages(collection)) {
      signal.throwIfAborted();
      await addChunks(db, collection, page);
    }
    await addCollection(db, collection);
  }
}

/** Reads the file records of the CMS into the audit's table. */
export async function readRecordList(db: Sql, list: RecordList, signal: AbortSignal) {
  for await (const page of list.pages(() => countRecords(db))) {
    signal.throwIfAborted();
    await addRecords(db, page);
  }
  await db`analyze audit_records`;
}
