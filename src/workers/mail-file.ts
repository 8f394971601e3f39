import type { ReportedFile } from '../db/queries/mail-content.ts';
import type { CorrectionAction } from '../domain/corrections.ts';
import type { MailFile } from '../mail/render/mail-file.ts';

/** A reported line as mails show it: what became of the leftovers is said per store. */
export function mailFile(row: ReportedFile): MailFile {
  const planned = (action: CorrectionAction, proven: boolean | null) =>
    row.correction_actions?.includes(action) && !row.not_applicable?.[action]
      ? proven === true
      : null;
  return {
    file_document_id: row.file_document_id,
    file_name: row.file_name,
    processing_status: row.processing_status,
    processing_time_seconds: row.processing_time_seconds,
    chunks_created: row.chunks_created,
    file_size_bytes: row.file_size_bytes,
    error_message: row.error_message,
    error_category: row.error_category,
    correction: row.correction_status && {
      status: row.correction_status,
      s3: planned('s3_delete', row.s3_cleanup_completed),
      chroma: planned('chroma_delete', row.chroma_cleanup_completed),
      cms: planned('cms_delete', row.cms_cleanup_completed),
      restored: row.restored ?? [],
    },
  };
}
