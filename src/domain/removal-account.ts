import type { StoreName } from '../contracts/stores.ts';
import type { CorrectionAction } from './corrections.ts';

/** The stores of the three steps, by the step that removes from them. */
export const STORE_OF_ACTION = {
  s3_delete: 's3',
  chroma_delete: 'chroma',
  cms_delete: 'cms',
} as const satisfies Record<CorrectionAction, StoreName>;

/** How much was removed from each store; null where it was asked to remove and nobody knows what it did. */
export type RemovalAccount = Partial<Record<StoreName, number | null>>;

/** The part of a log entry that tells what was removed. */
interface Step {
  action: string;
  result: string;
  count?: number;
}

/** Entries that begin a removal anew: what was removed before them is another story. */
const FRESH_START = new Set(['second_look', 'restore']);

/**
 * What a correction has removed so far, from its log.
 * @param planned its steps
 * @param began whether a store was ever asked to remove anything
 */
export function removalAccount(
  planned: readonly CorrectionAction[],
  log: readonly Step[],
  began: boolean,
): RemovalAccount {
  const since = log.slice(log.findLastIndex(({ action }) => FRESH_START.has(action)) + 1);
  const account: RemovalAccount = {};
  let unsettled: StoreName[] = [];
  for (const action of planned) {
    const store = STORE_OF_ACTION[action];
    const steps = since.filter((step) => step.action === action);
    const last = steps.at(-1);
    if (last?.result === 'proven') {
      const counts = steps.filter(({ result }) => result === 'proven').map(({ count }) => count);
      const attempted = steps.some(isUnproven);
      const sum = counts.some((n) => n === undefined)
        ? null
        : counts.reduce<number>((total, n) => total + (n ?? 0), 0);
      // An attempt that failed may have removed what the one that was proven no longer found.
      if (sum !== 0 || attempted) account[store] = attempted ? null : sum;
    } else if (steps.some(isUnproven)) account[store] = null;
    else if (last === undefined) unsettled.push(store);
  }
  // A process that died after it began left no entry: whatever was next may have been asked.
  if (unsettled.length > 1) unsettled = unsettled.filter((store) => store !== 'cms');
  if (began && Object.keys(account).length === 0)
    for (const store of unsettled) account[store] = null;
  return account;
}

/** A store was asked to remove something, and what it did is not proven. */
const isUnproven = ({ result, count }: Step) => result === 'failed' && count !== 0;

/** As operators read it: `chroma 3, s3 not known`. */
export function accountText(account: RemovalAccount): string {
  const parts = Object.entries(account).map(
    ([store, count]) => `${store} ${count === null ? 'not known' : count}`,
  );
  return parts.join(', ') || 'nothing';
}
