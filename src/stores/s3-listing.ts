import { isDeepStrictEqual } from 'node:util';
import { ListObjectsV2Command, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { listingOf } from './s3-answers.ts';
import type { Bucket } from './s3-bucket.ts';
import { StoreError } from './store-error.ts';

/** One thing that can be deleted: an object, or one version or delete marker of it. */
export interface Entry {
  Key: string;
  VersionId?: string;
  /** It is a delete marker, which hides whatever is older. */
  marker?: boolean;
}

export interface Cursor {
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
  /** Empty on the last page alone: that something may follow proves nothing. */
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

/** The objects people see: on a versioned bucket those that no delete marker hides. */
export function objectListing(bucket: Bucket): Listing {
  const ask = ({ prefix, after, limit: MaxKeys }: From, ContinuationToken?: string) =>
    bucket.ask('list objects', async (s3, options) => {
      // Where there is a token it alone says where to go on.
      const place = ContinuationToken ? { ContinuationToken } : { StartAfter: after?.key };
      const from = { Bucket: bucket.name, Prefix: prefix, MaxKeys, ...place };
      const given = await s3.send(new ListObjectsV2Command(from), options);
      const answer = listingOf(bucket.name, 'list objects', given);
      const entries = (answer.Contents ?? []).flatMap(({ Key }) => (Key ? [{ Key }] : []));
      const last = { key: entries.at(-1)?.Key ?? '' };
      const next = answer.IsTruncated ? last : null;
      return { page: { entries, next }, goesOn: answer.NextContinuationToken };
    });
  const list = (from: From) => untilTold((token?: string) => ask(from, token));
  return {
    page: list,
    /** Listed, not asked for with HEAD: that has no body to say why it refuses, or what is missing. */
    async under(key) {
      const first = await list({ prefix: key, limit: 1 });
      const told = first.next === null || first.entries.some(({ Key }) => Key === key);
      // Some servers have longer keys come before the key they begin with.
      const { entries } = told ? first : await list({ prefix: key });
      return entries.filter(({ Key }) => Key === key);
    },
  };
}

/** Everything a versioned bucket keeps: versions and delete markers. */
export function versionListing(bucket: Bucket): Listing {
  const Bucket = bucket.name;
  const ask = ({ prefix: Prefix, limit: MaxKeys }: From, after?: Cursor) =>
    bucket.ask('list versions', async (s3, options) => {
      const marker = { KeyMarker: after?.key, VersionIdMarker: after?.versionId };
      const given = await s3.send(
        new ListObjectVersionsCommand({ Bucket, Prefix, MaxKeys, ...marker }),
        options,
      );
      const answer = listingOf(Bucket, 'list versions', given);
      const entries = [
        ...entriesOf(answer.Versions, false),
        ...entriesOf(answer.DeleteMarkers, true),
      ];
      const { IsTruncated, NextKeyMarker: key, NextVersionIdMarker: versionId } = answer;
      if (IsTruncated && !key) throw endless();
      const next = IsTruncated && key ? { key, versionId } : null;
      return { page: { entries, next }, goesOn: next ?? undefined };
    });
  const listing: Listing = {
    page: (from) => untilTold((at?: Cursor) => ask(from, at ?? from.after)),
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

/** Pages in a row that may be empty although more is to come. */
const EMPTY_PAGES = 1000;

/**
 * The first page that holds something, or the last one. Objects that vanished, or markers that hide
 * them, may leave pages empty; each says where to go on.
 * @param ask asks for one page, from the place on that the one before named
 * @throws StoreError where an empty page names no other place
 */
async function untilTold<Place>(
  ask: (place?: Place) => Promise<{ page: Page; goesOn: Place | undefined }>,
): Promise<Page> {
  let place: Place | undefined;
  for (let asked = 0; asked < EMPTY_PAGES; asked += 1) {
    const { page, goesOn } = await ask(place);
    if (page.entries.length > 0 || !page.next) return page;
    if (goesOn === undefined || isDeepStrictEqual(goesOn, place)) break;
    place = goesOn;
  }
  throw endless();
}

/** Everything whose key begins with the prefix, page by page. */
export async function* pagesBelow(listing: Listing, prefix: string): AsyncGenerator<Page> {
  for (let after: Cursor | undefined; ; ) {
    const page = await listing.page({ prefix, after });
    yield page;
    if (!page.next) return;
    if (isDeepStrictEqual(page.next, after)) throw endless();
    after = page.next;
  }
}

/** The bucket says that there is more, but not where: nothing may be taken for gone. */
export function endless(): StoreError {
  return new StoreError({
    store: 's3',
    operation: 'list a folder',
    code: 'empty page',
    configuration: false,
    advice: 'the bucket says that there is more and does not tell what; it is asked again later',
  });
}
