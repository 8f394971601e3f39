import { keepStorageKeys, recordSteps } from '../db/queries/correction-books.ts';
import { beginRemovals } from '../db/queries/corrections.ts';
import type { Deps } from '../deps.ts';
import type { CorrectionAction } from '../domain/corrections.ts';
import { readRecords } from '../stores/cms.ts';
import type { StoredFile } from '../stores/store.ts';
import { StoreError } from '../stores/store-error.ts';
import { type Claim, type Correction, isOpen, laterWithoutAttempt } from './correction.ts';
import { freshGuard } from './fresh-guard.ts';
import { completeCorrections, guardCorrections, objectsOfOthers } from './guard-corrections.ts';
import { findPlaces } from './leftover-places.ts';
import { savedCorrections } from './quarantine-leftovers.ts';
import { storeOf } from './remove-in-pieces.ts';
import {
  inapplicable,
  placesToAsk,
  removeAndProve,
  type StepOutcome,
  stepOutcome,
  stepRecord,
} from './remove-leftovers.ts';

/** Chroma and S3 do not wait for each other; the record, which finds both, goes last. */
const STEPS = ['chroma_delete', 's3_delete', 'cms_delete'] as const;

/**
 * Takes a set of claimed tasks through their steps: each is guarded, done, proven by read-back and
 * logged; a proven step is never repeated; the CMS record goes last. Afterwards each has an `end`, or
 * the `failures` that kept it from one, and its last step is to be written down with that.
 */
export async function correctFiles(
  deps: Deps,
  claim: Claim,
  corrections: readonly Correction[],
): Promise<void> {
  await lookUpStorageKeys(deps, claim, corrections);
  await findPlaces(deps, corrections);
  const planned = corrections.filter(({ task }) => task.mode === 'dry-run');
  if (planned.length > 0) await writePlans(deps, claim, await guardCorrections(deps, planned));
  const last = STEPS.findLast((action) =>
    corrections.some((correction) => correction.end === null && isOpen(correction, action)),
  );
  for (const action of STEPS) {
    await takeStep(deps, claim, action, corrections.filter(mayTake(action)));
    // Between the last step and the end is nothing but a guard: they are written down together.
    if (action === last) break;
    await writeSteps(deps, claim, corrections);
  }
  const proven = corrections.filter(({ failures }) => failures.size === 0);
  const done = proven.filter(({ end }) => end === null);
  await completeCorrections(deps, done);
}

const mayTake = (action: CorrectionAction) => (correction: Correction) =>
  correction.end === null &&
  isOpen(correction, action) &&
  !correction.failures.has(action) &&
  (action !== 'cms_delete' || correction.failures.size === 0);

/** Writes down the steps that are not yet. */
export async function writeSteps(
  { db }: Deps,
  { token, leaseSeconds }: Claim,
  corrections: readonly Correction[],
): Promise<void> {
  const steps = corrections.flatMap(({ unwritten }) => (unwritten ? [unwritten] : []));
  await recordSteps(db.sql, token, steps, leaseSeconds);
  for (const correction of corrections) correction.unwritten = null;
}

/**
 * The key of a file's object: the event's, else the CMS record's; null where neither knows one. What a
 * record says is asked once in the life of a task and written down before anything is removed.
 */
async function lookUpStorageKeys(
  { cms, db }: Deps,
  { token }: Claim,
  corrections: readonly Correction[],
): Promise<void> {
  const keyless = corrections.filter(
    (correction) => correction.file.storageKey === null && isOpen(correction, 's3_delete'),
  );
  const ids = keyless.map(({ file }) => file.documentId);
  const records = await readRecords(cms, ids);
  const found = keyless.flatMap(({ task, failures }, nth) => {
    const record = records[nth];
    if (record instanceof StoreError)
      failures.set('s3_delete', { reason: record.message, error: record });
    else if (record?.storage_key) return [{ id: task.id, storageKey: record.storage_key }];
    return [];
  });
  const kept = await keepStorageKeys(db.sql, token, found);
  for (const { task, file } of keyless) file.storageKey = kept.get(task.id) ?? null;
}

async function writePlans(deps: Deps, claim: Claim, planned: readonly Correction[]): Promise<void> {
  const plans = planned.map(({ task, file }) => {
    const steps = task.correction_actions.join(', ');
    const detail = `would run ${steps}; storage key ${file.storageKey ? 'known' : 'unknown'}`;
    const entry = { at: new Date().toISOString(), action: 'plan', result: 'dry_run', detail };
    return { id: task.id, action: null, entry, settled: null };
  });
  await recordSteps(deps.db.sql, claim.token, plans, claim.leaseSeconds);
  for (const correction of planned) correction.end = { status: 'dry_run' };
}

/**
 * Those the store has time for, and those it need not be asked about. The others wait: nothing was
 * tried, so nothing is logged.
 */
async function admitted(
  deps: Deps,
  action: CorrectionAction,
  open: readonly Correction[],
): Promise<Correction[]> {
  const asking = open.filter((correction) => placesToAsk(deps, action, correction).length > 0);
  const { admitted: count, refusal } = await storeOf(deps, action).admit(asking.length);
  const refused = new Set(asking.slice(count));
  if (refusal)
    for (const { failures } of refused)
      failures.set(action, { reason: refusal.message, error: refusal });
  return open.filter((correction) => !refused.has(correction));
}

/** Why an object stays although its file failed. */
const KEPT_FOR_ANOTHER = 'another file that has not failed is stored under the same key';

async function takeStep(
  deps: Deps,
  { token, leaseSeconds }: Claim,
  action: CorrectionAction,
  open: readonly Correction[],
): Promise<void> {
  if (open.length === 0) return;
  const outcomes = new Map<Correction, (StepOutcome | null)[]>();
  const asked = new Map<StoredFile, Correction>();
  const saved = await savedCorrections(deps, action, await admitted(deps, action, open));
  const going = await guardCorrections(deps, saved);
  const guardedAt = performance.now();
  const ofOthers =
    action === 's3_delete' ? await objectsOfOthers(deps, going) : new Set<StoredFile>();
  for (const correction of going.filter(({ end }) => end === null)) {
    const settled: StepOutcome[] = [];
    for (const place of correction.places[action]) {
      const detail = ofOthers.has(place) ? KEPT_FOR_ANOTHER : inapplicable(deps, action, place);
      if (detail === null) asked.set(place, correction);
      else settled.push({ kind: 'not_applicable', detail });
    }
    outcomes.set(correction, settled);
  }
  const ids = [...new Set(asked.values())].map(({ task }) => task.id);
  const begun = await beginRemovals(deps.db.sql, ids, token, leaseSeconds);
  for (const correction of new Set(asked.values()))
    if (!begun.has(correction.task.id)) correction.end = laterWithoutAttempt('the claim was lost');
  const removing = new Map([...asked].filter(([, { end }]) => end === null));
  const places = [...removing.keys()];
  const guard = freshGuard(deps, removing, guardedAt);
  const answers = await removeAndProve(deps, action, places, guard);
  const answerOf = new Map(places.map((place, nth) => [place, answers[nth] ?? null]));
  for (const [place, correction] of asked)
    outcomes.get(correction)?.push(answerOf.get(place) ?? null);
  const counts = new Map<StepOutcome['kind'], number>();
  for (const [correction, ofPlaces] of outcomes) {
    const outcome = stepOutcome(ofPlaces);
    if (!outcome) continue;
    correction.unwritten = stepRecord(correction.task.id, action, outcome);
    if (outcome.kind === 'failed')
      correction.failures.set(action, { reason: outcome.detail, error: outcome.error });
    counts.set(outcome.kind, (counts.get(outcome.kind) ?? 0) + 1);
  }
  for (const [result, count] of counts) deps.metrics.correctionSteps.inc({ action, result }, count);
}
