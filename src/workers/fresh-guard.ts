import type { Deps } from '../deps.ts';
import type { MayBegin, StoredFile } from '../stores/store.ts';
import { type Correction, laterWithoutAttempt } from './correction.ts';
import { askOwnRecords } from './guard-corrections.ts';

/** How old the guard's answer may be when the removal of one file begins, in milliseconds. */
const FRESH_MS = 1000;

const UNASKED = 'our own records could not be asked again';

/**
 * The guard while a set is removed. A store that removes one by one can take minutes over it, so our own
 * records are asked again, about all that wait, as soon as their last answer is older than a second: by
 * a store that is fast, never. Whoever is objected to, or was not asked about, ends here.
 * @param removing what is to be removed of each correction
 * @param answeredAt when they last answered, by `performance.now()`
 */
export function freshGuard(
  deps: Deps,
  removing: ReadonlyMap<StoredFile, Correction>,
  answeredAt: number,
): MayBegin {
  const waiting = new Map(removing);
  let asking: Promise<void> | null = null;

  async function askAgain(): Promise<void> {
    const going = [...new Set(waiting.values())].filter(({ end }) => end === null);
    // Nobody throws into the middle of removals: whatever is begun ends as it would have.
    await askOwnRecords(deps, going).catch((error: unknown) => {
      deps.log.warn({ err: error }, 'the guard got no answer; the rest of the set waits');
      for (const correction of going) correction.end ??= laterWithoutAttempt(UNASKED);
    });
    answeredAt = performance.now();
    asking = null;
  }

  return async (file) => {
    if (performance.now() - answeredAt > FRESH_MS) asking ??= askAgain();
    await asking;
    const correction = waiting.get(file);
    waiting.delete(file);
    if (correction?.end !== null) return false;
    correction.touched = true;
    return true;
  };
}
