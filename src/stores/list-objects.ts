import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { patiently } from './patiently.ts';
import { askEach } from './per-file.ts';
import { listingOf } from './s3-answers.ts';
import { openBucket, type S3Config } from './s3-bucket.ts';
import { entriesUnder } from './s3-entries.ts';
import { endless, objectListing } from './s3-listing.ts';
import { StoreError } from './store-error.ts';

/** An object as a listing tells of it. */
export interface ListedObject {
  key: string;
  /** A server that does not say when leaves it as new as can be. */
  modifiedAt: Date;
}

/** Reads a whole bucket, without keeping it. Every function throws `StoreError`. */
export interface ObjectList {
  /** Every object whose key begins with the prefix, page by page. */
  pages(prefix: string): AsyncGenerator<ListedObject[]>;
  /** Which of the keys are there now; one that ends in a slash may stand for what is below it. */
  present(keys: readonly string[]): Promise<Set<string>>;
  close(): void;
}

const AT_ONCE = 10;

/** The objects people see: on a versioned bucket those that no delete marker hides. */
export function objectList(config: S3Config): ObjectList {
  const bucket = openBucket(config);
  const listing = objectListing(bucket);
  const isPrefix = (key: string) => config.S3_SLASH_KEYS === 'prefix' && key.endsWith('/');
  return {
    async *pages(Prefix) {
      // The server's own token, not the last key: not every server sorts the way that would take.
      for (let ContinuationToken: string | undefined; ; ) {
        const from = { Bucket: bucket.name, Prefix, ContinuationToken };
        const { Contents = [], ...page } = await patiently(() =>
          bucket.ask('list objects', async (s3, options) => {
            const answer = await s3.send(new ListObjectsV2Command(from), options);
            return listingOf(bucket.name, 'list objects', answer);
          }),
        );
        yield Contents.flatMap(({ Key, LastModified }) =>
          Key ? [{ key: Key, modifiedAt: LastModified ?? new Date() }] : [],
        );
        if (!page.IsTruncated) return;
        const next = page.NextContinuationToken;
        if (!next || next === ContinuationToken) throw endless();
        ContinuationToken = next;
      }
    },
    async present(keys) {
      const found = await entriesUnder(
        listing,
        keys.filter((key) => !isPrefix(key)),
      );
      const there = new Set([...found].flatMap(([key, entries]) => (entries.length ? [key] : [])));
      const prefixes = keys.filter(isPrefix);
      const pages = await askEach(prefixes, AT_ONCE, (prefix) => listing.page({ prefix }));
      for (const [nth, page] of pages.entries()) {
        if (page instanceof StoreError) throw page;
        if (page.entries.length > 0) there.add(prefixes[nth] ?? '');
      }
      return there;
    },
    close: () => bucket.close(),
  };
}
