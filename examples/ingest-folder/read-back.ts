import type { Cms } from './cms.ts';
import { inParallel } from './in-parallel.ts';
import type { IngestedFile } from './ingest-file.ts';
import type { ObjectStore } from './object-store.ts';
import type { VectorStore } from './vector-store.ts';

/** What the stores themselves say about a file, asked without Tidings. */
export interface StoredFile {
  /** Bytes of its object; null when there is none. */
  object: number | null;
  chunks: number;
  record: boolean;
  /** The batch in which, by its record, its owner was told of it. */
  reportedIn: string | null;
}

export interface Stores {
  cms: Cms;
  objects: ObjectStore;
  vectors: VectorStore;
}

/** Asks all three stores about each file; the answers are in the order of the files. */
export function readBack(files: IngestedFile[], stores: Stores): Promise<StoredFile[]> {
  return inParallel(files, 8, async ({ documentId, storageKey }) => {
    const [object, chunks, record] = await Promise.all([
      stores.objects.size(storageKey),
      stores.vectors.count(documentId),
      stores.cms.record(documentId),
    ]);
    const reportedIn = record?.notification_sent ? (record.last_notification_batch ?? null) : null;
    return { object, chunks, record: record !== null, reportedIn };
  });
}
