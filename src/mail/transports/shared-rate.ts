import { type RateWindow, rateWindow, SLOTS } from './rate-window.ts';
import type { RateLimit } from './routes.ts';
import { TAKE_FROM_WINDOWS } from './take-from-windows.ts';

/** As much of a Redis client as is needed here; it must fail fast while Redis is away. */
export interface ScriptRunner {
  eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
}

/** Takes one place. @returns 0, or the milliseconds until one is free */
export type TakePlace = () => Promise<number>;

/**
 * A transport's limits, kept for all processes in Redis. While Redis is away each process keeps them by
 * itself, knowing what it sent before: mail that leaves a little too fast is better than none.
 * @param key where in Redis; in a cluster its braces keep the windows in one slot
 * @param now the clock, in milliseconds
 */
export function sharedRate(
  key: string,
  limits: readonly RateLimit[],
  redis: ScriptRunner | undefined,
  now: () => number = Date.now,
): TakePlace {
  const own: RateWindow = rateWindow(limits);
  const keys = limits.map(({ periodMs }) => `${key}:${periodMs}`);
  const rules = limits.flatMap(({ limit, periodMs }) => [limit, periodMs / SLOTS]);

  return async () => {
    if (limits.length === 0) return 0;
    const wait = await redis
      ?.eval(TAKE_FROM_WINDOWS, keys.length, ...keys, SLOTS, ...rules)
      .then(Number, () => undefined);
    if (wait === undefined || Number.isNaN(wait)) return own.take(now());
    if (wait === 0) own.count(now());
    return wait;
  };
}
