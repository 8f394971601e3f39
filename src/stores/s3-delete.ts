import { DeleteObjectsCommand } from '@aws-sdk/client-s3';
import { pagesOf } from './per-file.ts';
import { type Bucket, keyError } from './s3-bucket.ts';
import type { Entry } from './s3-listing.ts';
import type { StoreError } from './store-error.ts';

/** The most one request may name. */
const KEYS_PER_REQUEST = 1000;

/** What the bucket said of each key it was told to delete. */
export interface Deletion {
  /** Keys that were refused. */
  refused: Map<string, StoreError>;
  /** Keys whose object is only hidden now, by a delete marker, with the marker's version. */
  hidden: Map<string, string | undefined>;
}

/**
 * Deletes objects, or versions of them, with as few requests as there can be. The answer is 200 also
 * where some keys were refused.
 * @throws StoreError when a whole request failed
 */
export async function deleteEntries(bucket: Bucket, entries: readonly Entry[]): Promise<Deletion> {
  const deletion: Deletion = { refused: new Map(), hidden: new Map() };
  for (const page of pagesOf(entries, KEYS_PER_REQUEST)) {
    const Objects = page.map(({ Key, VersionId }) => ({ Key, VersionId }));
    const answer = await bucket.ask('delete objects', (s3, options) =>
      s3.send(new DeleteObjectsCommand({ Bucket: bucket.name, Delete: { Objects } }), options),
    );
    for (const { Key = '', Code = 'unknown error' } of answer.Errors ?? [])
      deletion.refused.set(Key, keyError('delete objects', Code));
    // Deleting a marker by its version answers the same, but hides nothing.
    for (const { Key = '', DeleteMarker, VersionId, DeleteMarkerVersionId } of answer.Deleted ?? [])
      if (DeleteMarker && VersionId === undefined) deletion.hidden.set(Key, DeleteMarkerVersionId);
  }
  return deletion;
}
