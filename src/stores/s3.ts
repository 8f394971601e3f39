import { allOrHalves, askEach, askGroups, pagesOf } from './per-file.ts';
import { openBucket, type S3Config } from './s3-bucket.ts';
import { type Deletion, deleteEntries } from './s3-delete.ts';
import { entriesUnder } from './s3-entries.ts';
import {
  type Entry,
  type Listing,
  objectListing,
  pagesBelow,
  versionListing,
} from './s3-listing.ts';
import { isPathlike } from './s3-order.ts';
import { purgeBelow, purgeEntries } from './s3-purge.ts';
import type { LeftoverStore, PerFile, Removal, StoredFile } from './store.ts';

/** Files asked about together; as many as one request can delete. */
const FILES_AT_ONCE = 1000;
/** Prefixes worked on at a time; each may hold thousands of objects. */
const PREFIXES_AT_ONCE = 2;

const NO_KEY = 'no storage key is known';
const TOO_WIDE = 'the storage key names no folder: everything in the bucket would be removed';

/**
 * Object storage: the object under the file's storage key or, with `S3_SLASH_KEYS=prefix` and a key
 * that ends in a slash, everything below it. On a versioned bucket `S3_PURGE=marker` hides the object
 * and keeps its versions; `versions` removes them all, and the markers with them.
 */
export function s3Store(config: S3Config): LeftoverStore {
  const bucket = openBucket(config);
  const purges = config.S3_PURGE === 'versions';
  const listing = purges ? versionListing(bucket) : objectListing(bucket);
  const isPrefix = (key: string) => config.S3_SLASH_KEYS === 'prefix' && key.endsWith('/');

  const removeKeys = async (files: readonly StoredFile[]): Promise<PerFile<Removal>> => {
    const found = await entriesUnder(listing, files.map(keyOf));
    // Without versions to name, the key itself: a listing may lag behind, a delete does no harm, unless
    // it is followed to somebody else's object.
    const named = [...found].filter(([key, entries]) => entries.length > 0 || !isPathlike(key));
    const deletion = purges
      ? await purgeEntries(bucket, [...found.values()].flat())
      : await deleteEntries(
          bucket,
          named.map(([Key]) => ({ Key })),
        );
    return files.map((file) => {
      const key = keyOf(file);
      const removed = found.get(key)?.length ?? 0;
      return deletion.refused.get(key) ?? { removed, detail: told(key, removed, deletion, purges) };
    });
  };

  const removeBelow = async (prefix: string): Promise<Removal> => {
    if (purges) {
      const removed = await purgeBelow(bucket, objectListing(bucket), listing, prefix);
      return { removed, detail: `versions and markers below the key: ${removed}` };
    }
    let removed = 0;
    for await (const { entries } of pagesBelow(listing, prefix)) {
      const { refused } = await deleteEntries(bucket, entries);
      const [refusal] = refused.values();
      if (refusal) throw refusal;
      removed += entries.length;
    }
    return { removed, detail: `objects below the key: ${removed}` };
  };

  const byKind = <Answer>(
    files: readonly StoredFile[],
    ofKeys: (files: readonly StoredFile[]) => Promise<PerFile<Answer>>,
    ofPrefix: (prefix: string) => Promise<Answer>,
  ) =>
    askGroups(
      files,
      (file) => (isPrefix(keyOf(file)) ? 'prefix' : 'key'),
      async (kind, members) => {
        if (kind === 'prefix') return askEach(members.map(keyOf), PREFIXES_AT_ONCE, ofPrefix);
        const answers: PerFile<Answer> = [];
        for (const page of pagesOf(members, FILES_AT_ONCE))
          answers.push(...(await allOrHalves(page, ofKeys)));
        return answers;
      },
    );

  return {
    name: 's3',
    applicable({ storageKey }) {
      if (!storageKey) return NO_KEY;
      return isPrefix(storageKey) && /^\/*$/.test(storageKey) ? TOO_WIDE : null;
    },
    remove: (files) => byKind(files, removeKeys, removeBelow),
    remaining: (files) =>
      byKind(
        files,
        (some) => countKeys(listing, some),
        async (prefix) => (await listing.page({ prefix })).entries.length,
      ),
    check: bucket.check,
    close: bucket.close,
  };
}

async function countKeys(listing: Listing, files: readonly StoredFile[]) {
  const found: Map<string, Entry[]> = await entriesUnder(listing, files.map(keyOf), 'gone');
  return files.map((file) => found.get(keyOf(file))?.length ?? 0);
}

function told(key: string, removed: number, { hidden }: Deletion, purges: boolean): string {
  if (removed === 0) return 'the bucket has no such object';
  if (purges) return `versions and delete markers deleted: ${removed}`;
  return hidden.has(key)
    ? 'the bucket is versioned: a delete marker hides the object'
    : 'the bucket deleted the object';
}

/** Only for files the store is applicable to; an empty key would be the whole bucket. */
function keyOf({ storageKey }: StoredFile): string {
  if (!storageKey) throw new Error(`s3 was asked about a file of which ${NO_KEY}`);
  return storageKey;
}
