import { LRUCache } from 'lru-cache';
import type { PreferenceOwner } from '../../src/contracts/preferences.ts';
import { type AppliedPreferences, ownerKey } from './preference-record.ts';

const TTL_MS = 5 * 60_000;
const MAX_ENTRIES = 50_000;

export interface CacheStats {
  hits: number;
  misses: number;
  sets: number;
  deletes: number;
  evictions: number;
  size: number;
  hitRate: number;
}

/** What applies to whom, remembered for five minutes by this process. */
export interface PreferenceCache {
  get(owner: PreferenceOwner): AppliedPreferences | undefined;
  /** Taken before the database is asked; `set` drops an answer that a write has overtaken since. */
  epoch(): number;
  set(owner: PreferenceOwner, value: AppliedPreferences, epoch: number): void;
  forget(owner: PreferenceOwner): void;
  forgetCompany(companyId: number): void;
  stats(): CacheStats;
}

/** An empty cache. Writes of another process are seen when an entry's five minutes are over. */
export function preferenceCache(): PreferenceCache {
  const counts = { hits: 0, misses: 0, sets: 0, deletes: 0, evictions: 0 };
  let epoch = 0;
  const entries = new LRUCache<string, AppliedPreferences>({
    max: MAX_ENTRIES,
    ttl: TTL_MS,
    dispose: (_value, _key, reason) => {
      if (reason === 'evict' || reason === 'expire') counts.evictions += 1;
    },
  });
  const forgetKey = (key: string) => {
    if (entries.delete(key)) counts.deletes += 1;
  };

  return {
    get: (owner) => {
      const value = entries.get(ownerKey(owner));
      counts[value ? 'hits' : 'misses'] += 1;
      return value;
    },
    epoch: () => epoch,
    set: (owner, value, askedAt) => {
      if (askedAt !== epoch) return;
      entries.set(ownerKey(owner), value);
      counts.sets += 1;
    },
    forget: (owner) => {
      epoch += 1;
      forgetKey(ownerKey(owner));
    },
    forgetCompany: (companyId) => {
      epoch += 1;
      for (const key of [...entries.keys()]) if (key.startsWith(`${companyId}:`)) forgetKey(key);
    },
    stats: () => ({
      ...counts,
      size: entries.size,
      hitRate: counts.hits / (counts.hits + counts.misses) || 0,
    }),
  };
}
