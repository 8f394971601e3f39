import type { RateLimit, TakePlaces } from '../domain/rate-limits.ts';
import { type RateWindow, rateWindow, SLOTS } from '../domain/rate-window.ts';
import type { ScriptRunner } from '../script-runner.ts';
import { TAKE_FROM_WINDOWS } from './take-from-windows.ts';

/**
 * Limits kept for all processes in Redis. While Redis is away each process keeps them by itself,
 * knowing what it did before: work that goes a little too fast is better than none.
 * @param key where in Redis; in a cluster its braces keep the windows in one slot
 * @param now the clock, in milliseconds
 */
export function sharedRate(
  key: string,
  limits: readonly RateLimit[],
  redis: ScriptRunner | undefined,
  now: () => number = Date.now,
): TakePlaces {
  const own: RateWindow = rateWindow(limits);
  const keys = limits.map(({ periodMs }) => `${key}:${periodMs}`);
  const rules = limits.flatMap(({ limit, periodMs }) => [limit, periodMs / SLOTS]);

  return async (wanted) => {
    if (limits.length === 0) return { taken: wanted, waitMs: 0 };
    const answer = await redis
      ?.eval(TAKE_FROM_WINDOWS, keys.length, ...keys, SLOTS, wanted, ...rules)
      .catch(() => undefined);
    const [taken, waitMs] = Array.isArray(answer) ? answer.map(Number) : [];
    if (taken === undefined || waitMs === undefined) return own.take(now(), wanted);
    if (taken > 0) own.count(now(), taken);
    return { taken, waitMs };
  };
}
