import type { StepRecord } from '../db/queries/correction-books.ts';
import type { Deps } from '../deps.ts';
import type { CorrectionAction } from '../domain/corrections.ts';
import { masked } from '../observability/logger.ts';
import type { MayBegin, Removal, StoredFile } from '../stores/store.ts';
import { StoreError } from '../stores/store-error.ts';
import type { Correction } from './correction.ts';
import { removeInPieces, storeOf } from './remove-in-pieces.ts';

/** What one step did to one file. */
export type StepOutcome =
  | { kind: 'proven'; detail: string; count: number }
  | { kind: 'not_applicable'; detail: string }
  /** `error` where the store gave no usable answer; `partly` where something else of the file was removed. */
  | { kind: 'failed'; detail: string; error: StoreError | null; partly?: boolean };

/** Why the step has nothing to ask its store about the file; null where it has. */
export function inapplicable(deps: Deps, action: CorrectionAction, file: StoredFile) {
  return storeOf(deps, action).applicable(file);
}

/** Where the step has something to ask its store about. */
export const placesToAsk = (deps: Deps, action: CorrectionAction, { places }: Correction) =>
  places[action].filter((place) => inapplicable(deps, action, place) === null);

const UNFINISHED = 'called off before the store was asked about all of it';

/**
 * What became of a step that had several places to look at: proven where every one of them is.
 * @param outcomes at least one; null for a place where the removal did not begin
 */
export function stepOutcome(outcomes: readonly (StepOutcome | null)[]): StepOutcome | null {
  const [only, ...more] = outcomes;
  if (only === undefined || more.length === 0) return only ?? null;
  const begun = outcomes.filter((outcome) => outcome !== null);
  const proven = begun.filter((outcome) => outcome.kind === 'proven');
  const partly = proven.some(({ count }) => count > 0);
  const failure = begun.find((outcome) => outcome.kind === 'failed');
  if (failure) return { ...failure, partly };
  if (begun.length < outcomes.length)
    return partly ? { kind: 'failed', detail: UNFINISHED, error: null, partly } : null;
  const details = [...new Set(begun.map(({ detail }) => detail))].join('; ');
  if (proven.length === 0) return { kind: 'not_applicable', detail: details };
  const count = proven.reduce((sum, one) => sum + one.count, 0);
  return { kind: 'proven', detail: details, count };
}

/**
 * One step on one store, for a set of files it is applicable to: remove, then read back what was
 * removed. Only an empty read-back proves anything.
 * @param mayBegin asked of each file right before its removal begins
 * @returns one outcome per file, in their order; null where the removal did not begin
 */
export async function removeAndProve(
  deps: Deps,
  action: CorrectionAction,
  files: readonly StoredFile[],
  mayBegin: MayBegin,
): Promise<(StepOutcome | null)[]> {
  const store = storeOf(deps, action);
  const removals = await removeInPieces(deps, action, files, mayBegin);
  const asked = files.filter((file) => removed(removals.get(file)));
  const answers = asked.length > 0 ? await store.remaining(asked) : [];
  const left = new Map(asked.map((file, nth) => [file, answers[nth]]));
  return files.map((file): StepOutcome | null => {
    const removal = removals.get(file);
    if (removal === undefined) return null;
    if (removal instanceof StoreError) return failed(removal);
    const remaining = left.get(file);
    if (remaining instanceof StoreError) return failed(remaining);
    if (remaining !== 0) {
      const detail = `${store.name} still has ${remaining ?? 'something'} after the removal`;
      return { kind: 'failed', detail, error: null };
    }
    const detail = `removed ${removal.removed} (${removal.detail}); read back: none`;
    return { kind: 'proven', detail, count: removal.removed };
  });
}

const removed = (answer: Removal | StoreError | undefined) =>
  answer !== undefined && !(answer instanceof StoreError);

function failed(error: StoreError): StepOutcome {
  return { kind: 'failed', detail: error.message, error };
}

/** An outcome as a line of the task's log. */
export function stepRecord(id: number, action: CorrectionAction, outcome: StepOutcome): StepRecord {
  const { kind } = outcome;
  const entry = {
    at: new Date().toISOString(),
    action,
    result: kind,
    detail: masked(outcome.detail),
    ...(kind === 'proven' && { count: outcome.count }),
    // Nothing was asked of a store that rests, so nothing can be gone.
    ...(kind === 'failed' &&
      !outcome.partly &&
      outcome.error?.retryAfterMs !== undefined && { count: 0 }),
  };
  return { id, action, entry, settled: kind === 'failed' ? null : kind };
}
