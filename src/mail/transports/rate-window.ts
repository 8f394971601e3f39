import type { RateLimit } from './routes.ts';

/** Each window is counted in so many slots; a mail is forgotten with its slot, so at most 2 % late. */
export const SLOTS = 50;

/**
 * Counts what one process sends: at most `limit` mails in any `periodMs`, for each of the limits. The
 * same rule as `TAKE_FROM_WINDOWS` keeps for all processes.
 */
export interface RateWindow {
  /** Takes one place in every window. @returns 0, or the milliseconds until one is free in all */
  take(now: number): number;
  /** Counts a mail that was allowed elsewhere. */
  count(now: number): void;
}

export function rateWindow(limits: readonly RateLimit[]): RateWindow {
  const windows = limits.map(({ limit, periodMs }) => {
    return { limit, slotMs: periodMs / SLOTS, counts: new Map<number, number>() };
  });
  type Window = (typeof windows)[number];

  function waitFor({ limit, slotMs, counts }: Window, now: number): number {
    const oldest = Math.floor(now / slotMs) - SLOTS;
    for (const slot of counts.keys()) if (slot < oldest) counts.delete(slot);
    let left = [...counts.values()].reduce((sum, count) => sum + count, 0);
    if (left < limit) return 0;
    for (const [slot, count] of [...counts].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left < limit) return Math.ceil((slot + SLOTS + 1) * slotMs - now);
    }
    return 0;
  }
  function count(now: number): void {
    for (const { slotMs, counts } of windows) {
      const slot = Math.floor(now / slotMs);
      counts.set(slot, (counts.get(slot) ?? 0) + 1);
    }
  }
  return {
    count,
    take(now) {
      const wait = Math.max(0, ...windows.map((window) => waitFor(window, now)));
      if (wait === 0) count(now);
      return wait;
    },
  };
}
