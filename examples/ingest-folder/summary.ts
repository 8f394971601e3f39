import type { AuditReport } from '../../src/contracts/audit.ts';
import { clearedStores, type Evidence, type Expectation, judge } from './expectations.ts';
import type { Failure } from './failure.ts';
import type { IngestedFile } from './ingest-file.ts';
import type { StoredFile } from './read-back.ts';

/** The end of the story as data: what `--json` prints. */
export interface Summary {
  /** Whether every expectation held. */
  ok: boolean;
  folder: string;
  seconds: number;
  files: { total: number; succeeded: number; failed: number; chunks: number; bytes: number };
  events: { pushed: number; applied: number } & AuditReport;
  batches: {
    batch_id: string;
    closed_by: string | null;
    status: string;
    files: number;
    succeeded: number;
    failed: number;
  }[];
  mails: { batch_id: string | null; to: string; subject: string; message_id: string | null }[];
  corrections: CorrectedFile[];
  expectations: Expectation[];
  /** Addresses of what is left running; only with `--keep`. */
  urls?: Record<string, string>;
}

/** A failed file: what it left behind, what its correction had to clear, and what is there now. */
export interface CorrectedFile {
  file: string;
  document_id: string;
  category: string;
  message: string;
  status: string;
  left_behind: IngestedFile['written'];
  to_clear: readonly string[];
  read_back: { object: boolean; chunks: number; record: boolean };
}

/** Sums a run up and judges it. */
export function summarize(evidence: Evidence, folder: string, seconds: number): Summary {
  const { files, stored, audit, batches, emails } = evidence;
  const expectations = judge(evidence);
  const failed = files.filter((file) => file.failure).length;
  const total = (count: (file: IngestedFile) => number) =>
    files.reduce((sum, file) => sum + count(file), 0);
  return {
    ok: expectations.every((expectation) => expectation.held),
    folder,
    seconds: Math.round(seconds * 10) / 10,
    files: {
      total: files.length,
      succeeded: files.length - failed,
      failed,
      chunks: total((file) => (file.failure ? 0 : file.written.chunks)),
      bytes: total((file) => file.bytes),
    },
    events: {
      pushed: total((file) => file.events),
      applied: audit.accepted - audit.pending - audit.dead_lettered,
      ...audit,
    },
    batches: batches.map((batch) => ({
      batch_id: batch.batch_id,
      closed_by: batch.closed_by,
      status: batch.status,
      files: batch.total_files,
      succeeded: batch.successful_files,
      failed: batch.failed_files,
    })),
    mails: emails.map((email) => ({
      batch_id: email.batch_id,
      to: email.recipient_email,
      subject: email.email_subject,
      message_id: email.message_id,
    })),
    corrections: files.flatMap((file, index) => {
      const found = stored[index];
      return file.failure && found ? [corrected(file, file.failure, found, evidence)] : [];
    }),
    expectations,
  };
}

function corrected(
  file: IngestedFile,
  failure: Failure,
  found: StoredFile,
  { corrections }: Evidence,
): CorrectedFile {
  const task = corrections.find((one) => one.file_document_id === file.documentId);
  return {
    file: file.name,
    document_id: file.documentId,
    category: failure.category,
    message: failure.message,
    status: task?.status ?? 'none',
    left_behind: file.written,
    to_clear: clearedStores(file),
    read_back: { object: found.object !== null, chunks: found.chunks, record: found.record },
  };
}
