import { afterEach, expect, it } from 'vitest';
import { STORE_DEFAULTS } from '../../../test/support/one-file.ts';
import { startS3Server } from '../../../test/support/s3-server.ts';
import { openBucket } from '../s3-bucket.ts';
import { objectListing } from '../s3-listing.ts';
import { emptied } from './kept-objects.ts';

/** What an empty place in the bucket takes. */

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

it('is not called empty by a page without entries that says there is more', async () => {
  const server = await startS3Server(false);
  const bucket = openBucket({
    ...STORE_DEFAULTS,
    S3_ENDPOINT: server.url,
    S3_BUCKET: server.bucket,
    S3_FORCE_PATH_STYLE: true,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: undefined,
    STORE_TIMEOUT_SECONDS: 1,
  });
  closing.push(bucket.close, server.close);
  server.put('kept/1');
  // Somebody else writes while it is emptied.
  server.onDelete = async () => {
    server.put('kept/2');
    server.gaps = { count: 1, sayWhere: true };
  };
  await expect(emptied(bucket, objectListing(bucket), 'kept/')).rejects.toMatchObject({
    code: 'still there',
  });
  server.onDelete = async () => {
    server.gaps = { count: 1, sayWhere: false };
  };
  await expect(emptied(bucket, objectListing(bucket), 'kept/')).rejects.toMatchObject({
    code: 'empty page',
  });
});
