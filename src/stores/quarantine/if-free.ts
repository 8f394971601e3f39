import { type Bucket, statusOf } from '../s3-bucket.ts';
import { headOf } from './kept-objects.ts';

/** What S3 is to look at itself before it writes; servers that do not know it may say so or ignore it. */
export interface Condition {
  IfNoneMatch?: '*';
}

/** Not met, which some servers say as if a content had been asked for; not known. */
const REFUSED = [412, 304, 501];

/**
 * To be put around a request with a condition, inside of the question: a refused one is no trouble.
 * @returns whether it was written
 */
export async function unlessRefused(
  { IfNoneMatch }: Condition,
  request: Promise<unknown>,
): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (IfNoneMatch && REFUSED.includes(statusOf(error) ?? 0)) return false;
    throw error;
  }
}

/**
 * Writes where nothing stands. The server is asked to see to that; where it cannot, or refuses for
 * another reason, what was seen right before the request has to do.
 * @param write answers as `unlessRefused` does
 * @returns whether it was written; false where something stands there
 * @throws StoreError
 */
export async function intoFree(
  bucket: Bucket,
  key: string,
  write: (condition: Condition) => Promise<boolean>,
): Promise<boolean> {
  for (const condition of [{ IfNoneMatch: '*' }, {}] as const) {
    if (await headOf(bucket, key)) return false;
    if (await write(condition)) return true;
  }
  return false;
}
