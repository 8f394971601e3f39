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
