import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3';
import { type Bucket, statusOf } from '../s3-bucket.ts';
import { deleteEntries } from '../s3-delete.ts';
import { type Listing, pagesBelow } from '../s3-listing.ts';
import { StoreError } from '../store-error.ts';

/** Reading and emptying the bucket, as the quarantine does it. */

/** What the bucket says of an object; null where there is none. @throws StoreError */
export const headOf = (bucket: Bucket, Key: string): Promise<HeadObjectCommandOutput | null> =>
  bucket.ask('read object', async (s3, options) => {
    try {
      return await s3.send(new HeadObjectCommand({ Bucket: bucket.name, Key }), options);
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  });

/** An object's content as it comes; silence ends it, not its length. @throws StoreError */
export async function* contentOf(bucket: Bucket, Key: string): AsyncGenerator<Buffer> {
  const { Body: body } = await bucket.ask('read object', (s3) =>
    s3.send(new GetObjectCommand({ Bucket: bucket.name, Key })).catch((error: unknown) => {
      const vanished = error instanceof Error && error.name === 'NoSuchKey';
      throw vanished ? gone() : error;
    }),
  );
  for await (const piece of body as Readable) yield piece as Buffer;
}

function gone(): StoreError {
  return new StoreError({
    store: 's3',
    operation: 'read object',
    code: 'NoSuchKey',
    configuration: false,
    blames: 'file',
    advice: 'somebody else removed it; see that nothing but Tidings cleans up the quarantine',
  });
}

/** SHA-256 of an object's content, read as a stream. @throws StoreError */
export const sha256Of = (bucket: Bucket, key: string, bytes: number): Promise<string> =>
  bucket.ask(
    'read object',
    async () => {
      const hash = createHash('sha256');
      for await (const piece of contentOf(bucket, key)) hash.update(piece);
      return hash.digest('hex');
    },
    bytes,
  );

/** The keys that begin with a prefix, in pages. @throws StoreError */
export async function* keysBelow(listing: Listing, prefix: string): AsyncGenerator<string[]> {
  for await (const { entries } of pagesBelow(listing, prefix)) yield entries.map(({ Key }) => Key);
}

/**
 * Deletes everything below a prefix, and lists it again to prove that.
 * @returns how many objects, or versions of them, there were
 * @throws StoreError where anything is left
 */
export async function emptied(bucket: Bucket, listing: Listing, prefix: string): Promise<number> {
  let found = 0;
  for await (const { entries } of pagesBelow(listing, prefix)) {
    found += entries.length;
    const { refused } = await deleteEntries(bucket, entries);
    const [refusal] = refused.values();
    if (refusal) throw refusal;
  }
  const left = found > 0 && (await listing.page({ prefix })).entries.length > 0;
  if (left)
    throw new StoreError({
      store: 's3',
      operation: 'empty quarantine',
      code: 'still there',
      configuration: false,
      advice: 'see that the credentials may delete below CORRECTION_QUARANTINE_PREFIX',
    });
  return found;
}
