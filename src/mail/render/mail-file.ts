import type { CorrectionStatus } from '../../contracts/corrections.ts';
import type { FileStatus } from '../../contracts/file-events.ts';

/** How many rows a list shows at most before "and 4,312 more". Keeps a full mail under 100 KB. */
export const LISTED_FILES = 25;

/** Clean-up of a failed file, per store: true proven removed, false still to do, null not planned. */
export interface FileCorrection {
  status: CorrectionStatus;
  s3: boolean | null;
  chroma: boolean | null;
  cms: boolean | null;
  /** Where what was removed has been put back since. */
  restored: readonly ('s3' | 'chroma' | 'cms')[];
}

/** One file of a batch as a mail tells it. */
export interface MailFile {
  file_document_id: string;
  file_name: string;
  processing_status: FileStatus;
  processing_time_seconds: number | null;
  chunks_created: number | null;
  file_size_bytes: number | null;
  error_message: string | null;
  error_category: string | null;
  correction: FileCorrection | null;
}
