export interface Backoff {
  /** Delay after the first failure, in milliseconds. */
  baseMs: number;
  /** No delay is longer, in milliseconds. */
  capMs: number;
}

/**
 * Exponential backoff with equal jitter: half of the doubled delay is certain, half is drawn, so that
 * many failures at once do not come back at once.
 * @param failures how often it has failed so far, 1 or more
 * @param random a number from 0 (inclusive) to 1 (exclusive)
 * @returns milliseconds, at most `capMs` and at least half of what the doubling gives
 */
export function backoffDelay(failures: number, { baseMs, capMs }: Backoff, random: number): number {
  const doubled = Math.min(capMs, baseMs * 2 ** (Math.max(1, failures) - 1));
  return Math.round(doubled / 2 + (doubled / 2) * random);
}

/**
 * How long to wait for a dependency that is away: a quarter of how long it was waited for already, at
 * least the base and at most the cap, with equal jitter. It needs no count of the tries.
 * @param waitedMs how long it was waited for so far
 * @param random a number from 0 (inclusive) to 1 (exclusive)
 * @returns milliseconds
 */
export function outageDelay(waitedMs: number, { baseMs, capMs }: Backoff, random: number): number {
  const longest = Math.min(capMs, Math.max(baseMs, waitedMs / 4));
  return Math.round(longest / 2 + (longest / 2) * random);
}
