import { ListObjectsV2Command, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { askEach } from './per-file.ts';
import type { Bucket } from './s3-bucket.ts';
import { StoreError } from './store-error.ts';

/** One thing that can be deleted: an object, or one version or delete marker of it. */
export interface Entry {
  Key: string;
  VersionId?: string;
  /** It is a delete marker, which hides whatever is older. */
  marker?: boolean;
}

interface Cursor {
  key: string;
  versionId?: string;
}

interface From {
  prefix?: string;
  after?: Cursor;
  /** Entries at most; a page of the bucket's own size otherwise. */
  limit?: number;
}

interface Page {
  entries: Entry[];
  /** Where the next page begins; null on the last one. */
  next: Cursor | null;
}

/** What a bucket holds, in the order of its keys. Every function throws `StoreError`. */
export interface Listing {
  page(from: From): Promise<Page>;
  /** What is under exactly this key. */
  under(key: string): Promise<Entry[]>;
}

/** A full page that tells of fewer keys than this is dearer than asking for each. */
const WORTH_A_LISTING = 5;
/** The most entries a page may have; servers read something about each of them. */
const FULL_PAGE = 1000;
/** A page where nothing is expected, and how much longer the next one is where something was. */
const SHORT_PAGE = 10;
const LONGER = 10;
const AT_ONCE = 10;

/** The objects people see: on a versioned bucket those that no delete marker hides. */
export function objectListing(bucket: Bucket): Listing {
  const list = ({ prefix, after, limit: MaxKeys }: From) =>
    bucket.ask('list objects', async (s3, options) => {
      const from = { Bucket: bucket.name, Prefix: prefix, StartAfter: after?.key, MaxKeys };
      const answer = await s3.send(new ListObjectsV2Command(from), options);
      const entries = (answer.Contents ?? []).flatMap(({ Key }) => (Key ? [{ Key }] : []));
      const last = answer.IsTruncated ? entries.at(-1) : undefined;
      return { entries, next: last ? { key: last.Key } : null };
    });
  return {
    page: list,
    /** Listed, not asked for with HEAD: that has no body to say why it refuses, or what is missing. */
    async under(key) {
      const { entries } = await list({ prefix: key, limit: 1 });
      return entries.filter(({ Key }) => Key === key);
    },
  };
}

/** Everything a versioned bucket keeps: versions and delete markers. */
export function versionListing(bucket: Bucket): Listing {
  const Bucket = bucket.name;
  const listing: Listing = {
    page: ({ prefix: Prefix, after, limit: MaxKeys }) =>
      bucket.ask('list versions', async (s3, options) => {
        const marker = { KeyMarker: after?.key, VersionIdMarker: after?.versionId };
        const answer = await s3.send(
          new ListObjectVersionsCommand({ Bucket, Prefix, MaxKeys, ...marker }),
          options,
        );
        const entries = [
          ...entriesOf(answer.Versions, false),
          ...entriesOf(answer.DeleteMarkers, true),
        ];
        const { NextKeyMarker: key, NextVersionIdMarker: versionId } = answer;
        return { entries, next: answer.IsTruncated && key ? { key, versionId } : null };
      }),
    async under(key) {
      const found: Entry[] = [];
      for await (const { entries } of pagesBelow(listing, key)) {
        const own = entries.filter(({ Key }) => Key === key);
        found.push(...own);
        // Longer keys with the same beginning come after the key itself.
        if (own.length < entries.length) break;
      }
      return found;
    },
  };
  return listing;
}

const entriesOf = (listed: { Key?: string; VersionId?: string }[] = [], marker: boolean): Entry[] =>
  listed.flatMap(({ Key, VersionId }) => (Key ? [{ Key, VersionId, marker }] : []));

/** Everything whose key begins with the prefix, page by page. */
export async function* pagesBelow(listing: Listing, prefix: string): AsyncGenerator<Page> {
  for (let after: Cursor | undefined; ; ) {
    const page = await listing.page({ prefix, after });
    yield page;
    if (!page.next) return;
    after = page.next;
  }
}

/**
 * What is under each of the keys. Keys that lie close together are told by one listing; those that lie
 * apart are asked for one by one.
 * @param expected whether most of them are thought to be there; a wrong guess costs a question or two
 * @throws StoreError when any of it cannot be told
 */
export async function entriesUnder(
  listing: Listing,
  keys: readonly string[],
  expected: 'there' | 'gone' = 'there',
): Promise<Map<string, Entry[]>> {
  const sorted = [...new Set(keys)].sort(inBucketOrder);
  const found = new Map<string, Entry[]>(sorted.map((key) => [key, []]));
  let limit = expected === 'gone' ? SHORT_PAGE : Math.min(sorted.length + 1, FULL_PAGE);
  let worthIt = true;
  for (let at = 0; at < sorted.length; ) {
    if (!worthIt || sorted.length - at < WORTH_A_LISTING) {
      await askOneByOne(listing, sorted.slice(at), found);
      break;
    }
    const { entries, next } = await listing.page({ after: justBefore(sorted[at] ?? ''), limit });
    // The key a page ends with may go on, in versions, on the next one.
    const told = next ? sorted.findIndex((key) => inBucketOrder(key, next.key) >= 0) : -1;
    const end = told === -1 ? sorted.length : told;
    const decided = new Set(sorted.slice(at, end));
    for (const entry of entries) if (decided.has(entry.Key)) found.get(entry.Key)?.push(entry);
    at = end;
    worthIt = decided.size >= WORTH_A_LISTING || limit < FULL_PAGE;
    limit = Math.min(limit * LONGER, FULL_PAGE);
  }
  return found;
}

async function askOneByOne(listing: Listing, keys: string[], found: Map<string, Entry[]>) {
  const answers = await askEach(keys, AT_ONCE, (key) => listing.under(key));
  for (const [nth, key] of keys.entries()) {
    const answer = answers[nth];
    if (answer instanceof StoreError) throw answer;
    found.set(key, answer ?? []);
  }
}

/** Buckets sort by the bytes of UTF-8; JavaScript does not. */
function inBucketOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** A place to list from at which the key itself comes, soon if not first. */
function justBefore(key: string): Cursor | undefined {
  const start = [...key].slice(0, -1).join('');
  return start ? { key: start } : undefined;
}
