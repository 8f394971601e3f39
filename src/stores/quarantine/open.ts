import type { Config } from '../../config.ts';
import { blamedForMissing, chromaCollections } from '../chroma-collection.ts';
import type { CmsClient } from '../cms-client.ts';
import type { Watch } from '../guarded-store.ts';
import { type Bucket, openBucket } from '../s3-bucket.ts';
import { objectListing, versionListing } from '../s3-listing.ts';
import type { StoreName } from '../store-error.ts';
import { chunkKeeper } from './chunks.ts';
import { objectKeeper } from './objects.ts';
import { openQuarantine, type Quarantine } from './quarantine.ts';
import { recordKeeper } from './records.ts';

/**
 * The quarantine over the configured stores. Opens no connection before it is used.
 * @param watchers stand around each question to their store; whether to ask at all is up to the caller
 */
export function quarantineOver(
  config: Config,
  cms: CmsClient,
  watchers: Record<StoreName, { watch: Watch }>,
): Quarantine {
  const bucket = watchedBucket(openBucket(config, { slow: true }), watchers.s3.watch);
  const listing = config.S3_PURGE === 'versions' ? versionListing(bucket) : objectListing(bucket);
  const { pathOf, ...chroma } = chromaCollections(config, watchers.chroma.watch);
  const blames = blamedForMissing(config.CHROMA_COLLECTION);
  const collections = { ...chroma, pathOf: (name: string) => pathOf(name, blames) };
  const pageSize = config.CHROMA_PAGE_SIZE;
  const keepers = {
    s3: objectKeeper(bucket, config.S3_SLASH_KEYS),
    chroma: chunkKeeper(collections, pageSize),
    cms: recordKeeper({
      file: (id) => watchers.cms.watch(() => cms.file(id)),
      createFile: (record) => watchers.cms.watch(() => cms.createFile(record)),
    }),
  };
  return openQuarantine(bucket, listing, keepers, pageSize);
}

const watchedBucket = (bucket: Bucket, watch: Watch): Bucket => ({
  ...bucket,
  ask: (...asked) => watch(() => bucket.ask(...asked)),
});
