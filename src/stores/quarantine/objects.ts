import { z } from 'zod';
import type { Config } from '../../config.ts';
import type { Bucket } from '../s3-bucket.ts';
import { type Listing, objectListing } from '../s3-listing.ts';
import { isPathlike } from '../s3-order.ts';
import { copyObject, hasSameContent } from './copy-object.ts';
import { compareEach, type Keeper } from './keeper.ts';
import { headOf, keysBelow } from './kept-objects.ts';

const objectLine = z.object({ id: z.string(), copy: z.string(), bytes: z.number() });

/**
 * Object storage: each object is copied inside the bucket, under a number, and its line says which.
 * Versions that are not current are not kept.
 */
export function objectKeeper(bucket: Bucket, slashKeys: Config['S3_SLASH_KEYS']): Keeper {
  const listing = objectListing(bucket);
  const isPrefix = (key: string) => slashKeys === 'prefix' && key.endsWith('/');
  const lineOf = (line: string) => objectLine.parse(JSON.parse(line));

  return {
    async *read({ storageKey }, { place }) {
      if (!storageKey) return;
      let number = 0;
      const pages = isPrefix(storageKey)
        ? keysBelow(listing, storageKey)
        : single(listing, storageKey);
      for await (const keys of pages) {
        const lines: string[] = [];
        for (const key of keys) {
          const source = await headOf(bucket, key);
          if (!source) continue;
          const copy = `object-${number}`;
          number += 1;
          await copyObject(bucket, key, place + copy, source);
          const { ContentLength: bytes, ETag: tag, LastModified: modified } = source;
          lines.push(JSON.stringify({ id: key, copy, bytes, tag, modified }));
        }
        yield lines;
      }
    },
    compare: (things, { place }) =>
      compareEach(things, async ({ id, line }) => {
        if (!(await headOf(bucket, id))) return 'missing';
        return (await hasSameContent(bucket, id, place + lineOf(line).copy)) ? 'same' : 'newer';
      }),
    async add(things, { place }) {
      for (const { id, line } of things) {
        const copy = place + lineOf(line).copy;
        const source = await headOf(bucket, copy);
        if (!source) throw new Error('s3: an object is missing from the quarantine');
        // Whatever has come to stand there since it was looked at is left alone.
        await copyObject(bucket, copy, id, source, { ifFree: true });
      }
    },
    async others({ storageKey }, known) {
      let count = 0;
      if (!storageKey || !isPrefix(storageKey)) return 0;
      for await (const keys of keysBelow(listing, storageKey))
        count += keys.filter((key) => !known.has(key)).length;
      return count;
    },
  };
}

/** One key, unless asking for it by its name might lead to another object. */
async function* single(listing: Listing, key: string) {
  const there = !isPathlike(key) || (await listing.under(key)).length > 0;
  yield there ? [key] : [];
}
