import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { AuditReport } from '../../src/contracts/audit.ts';
import type { PreferenceOwner } from '../../src/contracts/preferences.ts';
import type { IngestedFile } from './ingest-file.ts';
import { request, type Service, ServiceError } from './request.ts';
import {
  type Batch,
  type Correction,
  closeBatch,
  type Email,
  listBatches,
  listCorrections,
  listEmails,
  readAudit,
} from './tidings.ts';

/** What Tidings did with a run of the ingester, and waiting until it is done. */

export interface Outcome {
  /** What the run added to the books. */
  audit: AuditReport;
  batches: Batch[];
  /** Mails to the owner of the files. */
  emails: Email[];
  corrections: Correction[];
  /** Message-IDs in the owner's inbox. */
  arrived: string[];
}

export interface Watch {
  tidings: Service;
  inbox: Service;
  owner: PreferenceOwner;
  /** ISO 8601: what is older is not this run's. */
  since: string;
  /** The books before the run. */
  before: AuditReport;
  files: IngestedFile[];
}

/** Given up when nothing has changed for so long. */
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 200;

const messages = z.object({ data: z.array(z.object({ message_id: z.string() })) });
const ENDED = new Set(['completed', 'failed', 'cancelled', 'dry_run']);

/**
 * Waits until every file is reported and every correction has ended; closes the batch that is left
 * open once nothing more can come into it.
 * @param onWait told what is missing, each time that changes
 * @returns the last look, and what was still missing in it where nothing moved any more
 */
export async function waitForOutcome(
  watch: Watch,
  onWait: (missing: string) => void,
): Promise<{ outcome: Outcome; missing: string | null }> {
  let before = '';
  let deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const outcome = await look(watch);
    const missing = missingFrom(outcome, watch.files);
    if (missing === null || Date.now() > deadline) return { outcome, missing };
    if (missing !== before) {
      before = missing;
      deadline = Date.now() + PATIENCE_MS;
      onWait(missing);
    }
    await closeLast(watch, outcome);
    await pause(LOOK_EVERY_MS);
  }
}

async function look({ tidings, inbox, owner, since, before }: Watch): Promise<Outcome> {
  const company_id = `${owner.company_id}`;
  const bot_id = `${owner.bot_id}`;
  const mine = { company_id, bot_id, user_email: owner.user_email, since };
  const path = `/api/messages?${new URLSearchParams({ to: owner.user_email })}`;
  const [now, batches, emails, corrections, received] = await Promise.all([
    readAudit(tidings),
    listBatches(tidings, mine),
    listEmails(tidings, mine),
    listCorrections(tidings, { company_id, bot_id, since }),
    request(inbox, { path, answer: messages }),
  ]);
  const grown = Object.entries(now).map(([name, count]) => [
    name,
    count - before[name as keyof AuditReport],
  ]);
  return {
    audit: Object.fromEntries(grown) as AuditReport,
    batches,
    emails,
    corrections,
    arrived: received.data.map((message) => message.message_id),
  };
}

const finished = (batches: Batch[]) =>
  batches.reduce((sum, batch) => sum + batch.successful_files + batch.failed_files, 0);

/** The first thing that has still to happen, in the order things happen; null when all has. */
function missingFrom(outcome: Outcome, files: IngestedFile[]): string | null {
  const { audit, batches, emails, corrections, arrived } = outcome;
  const applied = finished(batches);
  if (applied < files.length) return `files whose end has to be applied: ${files.length - applied}`;
  const open = batches.filter((batch) => batch.closed_by === null);
  if (open.length > 0) return 'batches to be closed: 1';
  const waiting = batches.filter(({ batch_id }) => {
    const email = emails.find((one) => one.batch_id === batch_id);
    return (
      !email?.message_id || !arrived.includes(email.message_id) || email.send_status !== 'sent'
    );
  });
  if (waiting.length > 0) return `mails to arrive: ${waiting.length}`;
  const failed = files.filter((file) => file.failure).length;
  const ended = corrections.filter((correction) => ENDED.has(correction.status)).length;
  if (ended < failed) return `corrections to end: ${failed - ended}`;
  const untold = batches.filter((batch) => batch.cms_written_back_at === null).length;
  if (untold > 0) return `batches the CMS has to be told of: ${untold}`;
  return audit.pending > 0 ? `events to be settled: ${audit.pending}` : null;
}

/** The threshold is what closes a batch; the last one may not reach it. */
async function closeLast({ tidings, files }: Watch, { batches }: Outcome): Promise<void> {
  if (finished(batches) < files.length) return;
  for (const batch of batches.filter((one) => one.closed_by === null))
    await closeBatch(tidings, batch.batch_id).catch((error: unknown) => {
      if (!(error instanceof ServiceError && error.status === 409)) throw error;
    });
}
