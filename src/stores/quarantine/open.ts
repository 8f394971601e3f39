import type { Config } from '../../config.ts';
import { chromaCollections } from '../chroma-collection.ts';
import type { CmsClient } from '../cms-client.ts';
import { openBucket } from '../s3-bucket.ts';
import { objectListing, versionListing } from '../s3-listing.ts';
import { chunkKeeper } from './chunks.ts';
import { objectKeeper } from './objects.ts';
import { openQuarantine, type Quarantine } from './quarantine.ts';
import { recordKeeper } from './records.ts';

/** The quarantine over the configured stores. Opens no connection before it is used. */
export function quarantineOver(config: Config, cms: CmsClient): Quarantine {
  const bucket = openBucket(config, { slow: true });
  const listing = config.S3_PURGE === 'versions' ? versionListing(bucket) : objectListing(bucket);
  const pageSize = config.CHROMA_PAGE_SIZE;
  const keepers = {
    s3: objectKeeper(bucket, config.S3_SLASH_KEYS),
    chroma: chunkKeeper(chromaCollections(config), pageSize),
    cms: recordKeeper(cms),
  };
  return openQuarantine(bucket, listing, keepers, pageSize);
}
