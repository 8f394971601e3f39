import type { FileRecord } from '../contracts/cms.ts';

/** The generation and storage key of the file that failed. */
export interface FailedFile {
  generation: number;
  storage_key: string | null;
}

/**
 * What the CMS record has to say against removing the file. It can tell by naming another object than
 * the one that failed, or by `processing_metadata`: a newer `generation`, or `status: "success"`.
 * @returns null where it says nothing
 */
export function recordObjection(failed: FailedFile, record: FileRecord): string | null {
  const { generation, status } = record.processing_metadata ?? {};
  if (typeof generation === 'number' && generation > failed.generation)
    return 'the CMS record is of a newer generation';
  const sameGeneration = typeof generation !== 'number' || generation === failed.generation;
  if (status === 'success' && sameGeneration) return 'the CMS record says that it succeeded';
  const [ours, theirs] = [failed.storage_key, record.storage_key];
  if (!ours || !theirs || ours === theirs) return null;
  // A key that ends in a slash stands for what is below it.
  if (ours.endsWith('/') && theirs.startsWith(ours)) return null;
  return 'the CMS record names another object';
}
