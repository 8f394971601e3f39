import { LRUCache } from 'lru-cache';
import type { CmsPreferences } from './cms-client.ts';

/** The reference's five minutes. */
export const FRESH_MS = 5 * 60_000;
/** Older answers are worth less than the defaults. */
export const STALE_MS = 24 * 3_600_000;

interface Entry extends CmsPreferences {
  askedAt: number;
  invalidated: boolean;
}

export interface CachedPreferences extends CmsPreferences {
  ageMs: number;
}

export interface PreferenceCache {
  /** What the CMS said less than five minutes ago, unless it has been invalidated since. */
  fresh(key: string): CachedPreferences | undefined;
  /** What the CMS last said, if that is less than a day ago. */
  stale(key: string): CachedPreferences | undefined;
  /** @param entry `invalidated` where the answer was on its way when it was invalidated */
  put(key: string, entry: Entry): void;
  /** What is known is no longer fresh; it stays for the case that the CMS is down. */
  invalidate(key: string): void;
  size(): number;
}

/** Bounded by `maxEntries`, least recently used first to go. `now` is monotonic, in milliseconds. */
export function preferenceCache(maxEntries: number, now: () => number): PreferenceCache {
  const entries = new LRUCache<string, Entry>({ max: maxEntries });

  function within(limitMs: number, entry: Entry | undefined): CachedPreferences | undefined {
    if (!entry) return undefined;
    const ageMs = Math.max(0, now() - entry.askedAt);
    const { settings, fallback } = entry;
    return ageMs < limitMs ? { settings: { ...settings }, fallback, ageMs } : undefined;
  }

  return {
    fresh(key) {
      const entry = entries.get(key);
      return entry?.invalidated ? undefined : within(FRESH_MS, entry);
    },
    stale: (key) => within(STALE_MS, entries.get(key)),
    put(key, entry) {
      const known = entries.peek(key);
      if (!known || known.askedAt <= entry.askedAt) entries.set(key, entry);
    },
    invalidate(key) {
      const entry = entries.peek(key);
      if (entry) entry.invalidated = true;
    },
    size: () => entries.size,
  };
}
