import { randomUUID } from 'node:crypto';
import { objectionTo } from '../db/queries/correction-guard.ts';
import {
  beginRemoval,
  type CorrectionEnd,
  type CorrectionRow,
  claimCorrection,
  endCorrection,
  findCorrection,
  logStep,
  settleStep,
} from '../db/queries/corrections.ts';
import type { Deps } from '../deps.ts';
import { backoffDelay } from '../domain/backoff.ts';
import type { CorrectionAction } from '../domain/corrections.ts';
import { NotYet, reasonOf } from '../errors.ts';
import type { StoredFile } from '../stores/store.ts';
import { raiseAlert, writeAlert } from './alert.ts';
import { correctionAlert } from './alert-correction.ts';
import { isApplicable, removeAndProve, storageKeyOf } from './remove-leftovers.ts';

/** Corrections retry after the base, doubled up to this, in milliseconds: design section 9. */
const RETRY_CAP_MS = 300_000;
/** A guard that has to wait for an accepted event asks again after this, in milliseconds. */
const WAIT_FOR_EVENTS_MS = 1000;

/**
 * `corrections`: removes what a failed file left behind. Each step is guarded, done, proven by
 * read-back and logged; a proven step is never repeated; the CMS record goes last.
 */
export async function runCorrection(
  deps: Deps,
  { correction_id }: { correction_id: number },
): Promise<void> {
  const { sql } = deps.db;
  const token = randomUUID();
  const task = await claimCorrection(sql, correction_id, token, leaseSeconds(deps));
  if (!task) return waitIfEarly(deps, correction_id);
  const end = await perform(deps, task, token);
  const ended = await sql.begin(async (tx) => {
    if (!(await endCorrection(tx, task.id, token, end))) return null;
    const alert = correctionAlert(task, end);
    return { alert: alert && (await writeAlert(tx, deps, alert)) };
  });
  if (!ended) return;
  await raiseAlert(deps, ended.alert);
  if (end.status === 'pending') throw new NotYet(end.runAt, `correction not done: ${end.reason}`);
  deps.metrics.correctionsCompleted.inc({ status: end.status });
}

/** Every step extends the lease; it must outlive one remove and one read-back. */
const leaseSeconds = ({ config }: Deps) => config.STORE_TIMEOUT_SECONDS * 6 + 30;

async function waitIfEarly(deps: Deps, id: number): Promise<void> {
  const task = await findCorrection(deps.db.sql, id);
  if (task?.status === 'pending') throw new NotYet(task.run_at, 'the correction is not due');
}

async function perform(deps: Deps, task: CorrectionRow, token: string): Promise<CorrectionEnd> {
  const { sql } = deps.db;
  const lease = leaseSeconds(deps);
  const file: StoredFile = {
    documentId: task.file_document_id,
    storageKey: task.storage_key,
  };
  let touched = task.removal_began_at !== null;
  const stop = await guard(deps, task, touched);
  if (stop) return stop;
  const failures: string[] = [];
  const waiting = new Set<CorrectionAction>();
  try {
    file.storageKey ??= await storageKeyOf(deps, task);
  } catch (error) {
    failures.push(reasonOf(error));
    waiting.add('s3_delete'); // its key could not be looked up
  }
  if (deps.config.AUTO_CORRECTION_MODE === 'dry-run') return dryRun(deps, task, file, token);

  // Chroma and S3 do not wait for each other; the record, which finds both, goes last.
  for (const action of ['chroma_delete', 's3_delete', 'cms_delete'] as const) {
    if (!task.correction_actions.includes(action) || isSettled(task, action)) continue;
    if (waiting.has(action) || (action === 'cms_delete' && failures.length > 0)) continue;
    const objection = await guard(deps, task, touched);
    if (objection) return objection;
    if (isApplicable(deps, action, file)) {
      const begun = await beginRemoval(sql, task.id, token, lease);
      if (!begun) return laterWithoutAttempt('the claim was lost');
      touched = true;
    }
    const { kind, entry } = await removeAndProve(deps, action, file);
    await logStep(sql, task.id, token, entry, lease);
    if (kind === 'failed') failures.push(entry.detail);
    else {
      const reason = kind === 'not_applicable' ? entry.detail : null;
      await settleStep(sql, task.id, token, action, reason);
    }
  }
  if (failures.length === 0) return afterwards(deps, task);
  return retryOrFail(deps, task, failures.join('; '));
}

/** A success that was accepted while the last delete was in flight is a conflict, not a completion. */
async function afterwards(deps: Deps, task: CorrectionRow): Promise<CorrectionEnd> {
  const objection = await objectionTo(deps.db.sql, task);
  if (objection === 'waiting') return laterWithoutAttempt(WAITING);
  if (objection === null || objection === 'it was deleted') return { status: 'completed' };
  return { status: 'cancelled', reason: `after the removal: ${objection}`, conflict: true };
}

async function guard(
  deps: Deps,
  task: CorrectionRow,
  touched: boolean,
): Promise<CorrectionEnd | null> {
  const objection = await objectionTo(deps.db.sql, task);
  if (objection === null) return null;
  if (objection === 'waiting') return laterWithoutAttempt(WAITING);
  // Whoever deleted the file misses nothing of it.
  const conflict = touched && objection !== 'it was deleted';
  return { status: 'cancelled', reason: objection, conflict };
}

const WAITING = 'an accepted event of the file is not applied yet';

function laterWithoutAttempt(reason: string): CorrectionEnd {
  const runAt = new Date(Date.now() + WAIT_FOR_EVENTS_MS);
  return { status: 'pending', reason, runAt, countsAttempt: false };
}

function isSettled(task: CorrectionRow, action: CorrectionAction): boolean {
  const proven = {
    s3_delete: task.s3_cleanup_completed,
    chroma_delete: task.chroma_cleanup_completed,
    cms_delete: task.cms_cleanup_completed,
  };
  return proven[action] || task.not_applicable[action] !== undefined;
}

async function dryRun(
  deps: Deps,
  task: CorrectionRow,
  file: StoredFile,
  token: string,
): Promise<CorrectionEnd> {
  const steps = task.correction_actions.join(', ');
  const detail = `would run ${steps}; storage key ${file.storageKey ? 'known' : 'unknown'}`;
  const entry = { at: new Date().toISOString(), action: 'plan', result: 'dry_run', detail };
  await logStep(deps.db.sql, task.id, token, entry, leaseSeconds(deps));
  return { status: 'dry_run' };
}

function retryOrFail(deps: Deps, task: CorrectionRow, reason: string): CorrectionEnd {
  const { MAX_CORRECTION_ATTEMPTS, CORRECTION_RETRY_BASE_SECONDS } = deps.config;
  if (task.attempts >= MAX_CORRECTION_ATTEMPTS) return { status: 'failed', reason };
  const backoff = { baseMs: CORRECTION_RETRY_BASE_SECONDS * 1000, capMs: RETRY_CAP_MS };
  const delay = backoffDelay(task.attempts, backoff, Math.random());
  return { status: 'pending', reason, runAt: new Date(Date.now() + delay), countsAttempt: true };
}
