import type { Bucket } from './s3-bucket.ts';
import { type Deletion, deleteEntries } from './s3-delete.ts';
import { type Entry, type Listing, pagesBelow } from './s3-listing.ts';

/**
 * Removal of all versions of an object. Where some are gone and some not, be it for a moment or because
 * the bucket refused one, the newest that is left would be taken for the object. So objects are hidden
 * by a delete marker first, and markers go last, after every version.
 */

/**
 * Removes versions and markers: all that was found under some keys.
 * @throws StoreError when a whole request failed
 */
export async function purgeEntries(bucket: Bucket, found: readonly Entry[]): Promise<Deletion> {
  const versions = found.filter(({ marker }) => !marker);
  const counts = new Map<string, number>();
  for (const { Key } of versions) counts.set(Key, (counts.get(Key) ?? 0) + 1);
  // Behind a single version there is nothing that could show.
  const several = [...counts].flatMap(([Key, count]) => (count > 1 ? [{ Key }] : []));
  const hiding = await deleteEntries(bucket, several);
  const { hidden, refused } = hiding;
  // With versioning suspended the marker stands in for the version it replaced.
  const isMarker = ({ Key, VersionId }: Entry) => hidden.has(Key) && hidden.get(Key) === VersionId;
  const going = versions.filter((entry) => !refused.has(entry.Key) && !isMarker(entry));
  for (const [key, refusal] of (await deleteEntries(bucket, going)).refused)
    refused.set(key, refusal);
  const made = [...hidden].flatMap(([Key, VersionId]) => (VersionId ? [{ Key, VersionId }] : []));
  const markers = [...found.filter(({ marker }) => marker), ...made];
  const bare = markers.filter(({ Key }) => !refused.has(Key));
  for (const [key, refusal] of (await deleteEntries(bucket, bare)).refused)
    refused.set(key, refusal);
  return hiding;
}

/**
 * Removes everything below a prefix, page by page, however many versions lie in between.
 * @param visible lists the objects people see
 * @param all lists versions and markers
 * @returns how many there were
 * @throws StoreError at the first refusal
 */
export async function purgeBelow(
  bucket: Bucket,
  visible: Listing,
  all: Listing,
  prefix: string,
): Promise<number> {
  const remove = async (listing: Listing, isMeant: (entry: Entry) => boolean) => {
    let [removed, hidden] = [0, 0];
    for await (const { entries } of pagesBelow(listing, prefix)) {
      const meant = entries.filter(isMeant);
      const deletion = await deleteEntries(bucket, meant);
      const [refusal] = deletion.refused.values();
      if (refusal) throw refusal;
      removed += meant.length;
      hidden += deletion.hidden.size;
    }
    return { removed, hidden };
  };
  const objects = await remove(visible, () => true);
  const versions = await remove(all, ({ marker }) => !marker);
  const markers = await remove(all, ({ marker }) => marker === true);
  // Objects that were only hidden are counted as versions, and their markers were made just now.
  return objects.removed - 2 * objects.hidden + versions.removed + markers.removed;
}
