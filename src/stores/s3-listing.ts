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
  const list = ({ prefix, after, limit: MaxKeys }: From) =>
    bucket.ask('list objects', async (s3, options) => {
      const from = { Bucket: bucket.name, Prefix: prefix, StartAfter: after?.key, MaxKeys };
      const given = await s3.send(new ListObjectsV2Command(from), options);
      const answer = listingOf(bucket.name, 'list objects', given);
      const entries = (answer.Contents ?? []).flatMap(({ Key }) => (Key ? [{ Key }] : []));
      // Objects that vanished while the page was made leave it empty, and there may be others.
      const last = { key: entries.at(-1)?.Key ?? after?.key ?? '' };
      return { entries, next: answer.IsTruncated ? last : null };
    });
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
  const listing: Listing = {
    page: ({ prefix: Prefix, after, limit: MaxKeys }) =>
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
        const { NextKeyMarker: key, NextVersionIdMarker: versionId } = answer;
        const end = key ? { key, versionId } : (after ?? { key: '' });
        return { entries, next: answer.IsTruncated ? end : null };
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
    if (page.entries.length === 0) throw endless();
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
