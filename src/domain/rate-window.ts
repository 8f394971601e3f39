import type { Places, RateLimit } from './rate-limits.ts';

/** Each window is counted in so many slots; a place is free again with its slot, at most 2 % late. */
export const SLOTS = 50;

/**
 * Counts what one process does: at most `limit` things in any `periodMs`, for each of the limits. The
 * same rule as `TAKE_FROM_WINDOWS` keeps for all processes.
 */
export interface RateWindow {
  /** Takes as many places as are free in every window, up to those wanted. `now` is in milliseconds. */
  take(now: number, wanted: number): Places;
  /** Counts what was allowed elsewhere. */
  count(now: number, taken: number): void;
}

/** Opens the windows of some limits, with all their places free. */
export function rateWindow(limits: readonly RateLimit[]): RateWindow {
  const windows = limits.map(({ limit, periodMs }) => {
    return { limit, slotMs: periodMs / SLOTS, counts: new Map<number, number>() };
  });
  type Window = (typeof windows)[number];

  function used({ slotMs, counts }: Window, now: number): number {
    const oldest = Math.floor(now / slotMs) - SLOTS;
    for (const slot of counts.keys()) if (slot < oldest) counts.delete(slot);
    return [...counts.values()].reduce((sum, count) => sum + count, 0);
  }
  /** Until one more place is free. */
  function waitFor({ limit, slotMs, counts }: Window, now: number): number {
    let left = [...counts.values()].reduce((sum, count) => sum + count, 0);
    if (left < limit) return 0;
    for (const [slot, count] of [...counts].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left < limit) return Math.ceil((slot + SLOTS + 1) * slotMs - now);
    }
    return 0;
  }
  function count(now: number, taken: number): void {
    for (const { slotMs, counts } of windows) {
      const slot = Math.floor(now / slotMs);
      counts.set(slot, (counts.get(slot) ?? 0) + taken);
    }
  }
  return {
    count,
    take(now, wanted) {
      const free = windows.map((window) => window.limit - used(window, now));
      const taken = Math.max(0, Math.min(wanted, ...free));
      if (taken > 0) count(now, taken);
      if (taken === wanted) return { taken, waitMs: 0 };
      return { taken, waitMs: Math.max(...windows.map((window) => waitFor(window, now))) };
    },
  };
}
