import type { FileRecord } from '../contracts/cms.ts';

/** The generation of the file that failed, and the storage keys its events named. */
export interface FailedFile {
  generation: number;
  storage_keys: readonly string[];
}

/**
 * What the CMS record has to say against removing the file. It can tell by naming another object than
 * any that failed, or by `processing_metadata`: a newer `generation`, or `status: "success"`.
 * @returns null where it says nothing
 */
export function recordObjection(failed: FailedFile, record: FileRecord): string | null {
  const { generation, status } = record.processing_metadata ?? {};
  if (typeof generation === 'number' && generation > failed.generation)
    return 'the CMS record is of a newer generation';
  const sameGeneration = typeof generation !== 'number' || generation === failed.generation;
  if (status === 'success' && sameGeneration) return 'the CMS record says that it succeeded';
  const theirs = record.storage_key;
  if (!theirs || failed.storage_keys.length === 0) return null;
  // A key that ends in a slash stands for what is below it.
  const isOurs = failed.storage_keys.some(
    (ours) => ours === theirs || (ours.endsWith('/') && theirs.startsWith(ours)),
  );
  return isOurs ? null : 'the CMS record names another object';
}
