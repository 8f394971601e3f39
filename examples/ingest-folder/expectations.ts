import type { IngestedFile } from './ingest-file.ts';
import type { Outcome } from './outcome.ts';
import type { StoredFile } from './read-back.ts';

/** What must be true after a run. The demo succeeds when all of it is. */
export interface Expectation {
  name: string;
  held: boolean;
  /** What was found, in a few words. */
  seen: string;
}

export interface Evidence extends Outcome {
  files: IngestedFile[];
  /** What the stores say of each file, in the same order. */
  stored: StoredFile[];
}

/** Which stores a correction clears, by the category of the failure: the action map of the README. */
const CLEARED: Record<string, readonly ('object' | 'chunks' | 'record')[]> = {
  file_not_found: ['record'],
  s3_error: ['object', 'record'],
  processing_error: ['chunks', 'object', 'record'],
  storage_error: ['chunks'],
};
const ALL_STORES = ['chunks', 'object', 'record'] as const;

/** The stores a failed file must be gone from. */
export function clearedStores(file: IngestedFile): readonly ('object' | 'chunks' | 'record')[] {
  return file.failure ? (CLEARED[file.failure.category] ?? ALL_STORES) : [];
}

/** Whether a store holds exactly what it should: nothing where it was cleared, else what was written. */
function isAsItShould(
  store: 'object' | 'chunks' | 'record',
  file: IngestedFile,
  stored: StoredFile,
): boolean {
  const cleared = clearedStores(file).includes(store);
  const { written, bytes } = file;
  if (store === 'object') return stored.object === (written.object && !cleared ? bytes : null);
  if (store === 'chunks') return stored.chunks === (cleared ? 0 : written.chunks);
  return stored.record === (written.record && !cleared);
}

/** Judges a run. Every expectation is listed, whether it held or not. */
export function judge(evidence: Evidence): Expectation[] {
  const { files, stored, audit, batches, emails, corrections, arrived } = evidence;
  const told = sum(files.map((file) => file.events));
  const failed = files.filter((file) => file.failure);
  const lines = sum(batches.map((batch) => batch.successful_files + batch.failed_files));
  const single = batches.filter((batch) => mailsOf(batch.batch_id, emails, arrived) === 1).length;
  const corrected = failed.filter(({ documentId }) => {
    const own = corrections.filter((correction) => correction.file_document_id === documentId);
    return own.length === 1 && own[0]?.status === 'completed';
  }).length;
  const intact = (wanted: (file: IngestedFile) => boolean, cleared: boolean | null) => {
    const chosen = files.flatMap((file, index) => {
      const found = stored[index];
      if (!wanted(file) || !found) return [];
      return ALL_STORES.filter(
        (store) => cleared === null || clearedStores(file).includes(store) === cleared,
      ).map((store) => isAsItShould(store, file, found));
    });
    return {
      held: chosen.every(Boolean),
      seen: ratio(chosen.filter(Boolean).length, chosen.length),
    };
  };
  const ids = new Set(batches.map((batch) => batch.batch_id));
  const recorded = stored.filter((found) => found.record);
  const noted = recorded.filter((found) => ids.has(found.reportedIn ?? '')).length;

  return [
    {
      name: 'Every event the ingester pushed was accepted once',
      held: audit.accepted === told,
      seen: ratio(audit.accepted, told),
    },
    {
      name: 'Every accepted event was reported to its owner and can be accounted for',
      held: audit.reported === told && audit.pending === 0 && audit.unaccounted === 0,
      seen: `${audit.reported} reported, ${audit.pending} pending, ${audit.unaccounted} unaccounted for`,
    },
    {
      name: 'Every file stands in one batch, as what became of it',
      held:
        lines === files.length && sum(batches.map((batch) => batch.failed_files)) === failed.length,
      seen: ratio(lines, files.length),
    },
    {
      name: 'Every batch was told in one mail, and no other mail came',
      held: single === batches.length && batches.length > 0 && emails.length === batches.length,
      seen: `mails ${emails.length}, batches ${batches.length}`,
    },
    {
      name: 'Every failed file was corrected',
      held: corrected === failed.length && corrections.length === failed.length,
      seen: ratio(corrected, failed.length),
    },
    {
      name: 'Read back, what the corrections clear is gone',
      ...intact((file) => file.failure !== null, true),
    },
    {
      name: 'Read back, what they must not touch is as it was',
      ...intact((file) => file.failure !== null, false),
    },
    {
      name: 'Read back, every file that succeeded is complete in all three stores',
      ...intact((file) => file.failure === null, null),
    },
    {
      name: 'The CMS knows in which batch each file it still has was reported',
      held: noted === recorded.length,
      seen: ratio(noted, recorded.length),
    },
  ];
}

/** How often the mail of a batch was sent, counted where it arrives. */
function mailsOf(batchId: string, emails: Outcome['emails'], arrived: string[]): number {
  const own = emails.filter((email) => email.batch_id === batchId && email.send_status === 'sent');
  return sum(own.map((email) => arrived.filter((id) => id === email.message_id).length));
}

const sum = (counts: number[]): number => counts.reduce((total, count) => total + count, 0);
const ratio = (found: number, wanted: number): string => `${found} of ${wanted}`;
