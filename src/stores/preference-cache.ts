import { LRUCache } from 'lru-cache';
import type { PreferenceOwner } from '../contracts/preferences.ts';
import { renewable, standingOf } from '../domain/freshness.ts';
import { ownerKey } from '../domain/owner.ts';
import type { CmsPreferences } from './cms-client.ts';

/** An answer of the CMS, whoever asked for it. */
export interface Entry extends CmsPreferences {
  /** When the CMS was asked, on the resolver's clock. */
  askedAt: number;
  /** It was on its way, or kept by others, when something newer was announced. */
  overtaken: boolean;
}

export interface Known extends CmsPreferences {
  ageMs: number;
  standing: 'fresh' | 'ageing' | 'stale';
  renewable: boolean;
  overtaken: boolean;
}

export interface PreferenceCache {
  /** What is known of a person somebody needs now; answers older than a day are not. */
  use(key: string): Known | undefined;
  /** The same, without counting as a need. */
  peek(key: string): Known | undefined;
  /** Keeps an answer unless a newer one is kept already. */
  put(owner: PreferenceOwner, entry: Entry): void;
  /** What is known is outdated; it stays for the case that the CMS is down. */
  invalidate(key: string): void;
  /** Whether something newer has been announced since `askedAt`. */
  invalidatedSince(key: string, askedAt: number): boolean;
  /** People needed lately whose answers are worth renewing, those asked for longest ago first. */
  toRenew(limit: number): PreferenceOwner[];
  size(): number;
}

/** Whoever was not needed for this long is not renewed along with others, in milliseconds. */
const ACTIVE_MS = 60 * 60_000;
/** So many are looked at for others worth renewing. */
const LOOK_AT = 1000;

type Slot = Entry & { owner: PreferenceOwner; usedAt: number };

/** Bounded by `maxEntries`, least recently needed first to go. `now` is in milliseconds. */
export function preferenceCache(maxEntries: number, now: () => number): PreferenceCache {
  /** In the order in which they were asked for; whoever turns out to be inactive leaves. */
  const renewals = new Map<string, Slot>();
  const slots = new LRUCache<string, Slot>({
    max: maxEntries,
    dispose: (_slot, key) => renewals.delete(key),
  });
  const invalidations = new LRUCache<string, number>({ max: maxEntries });

  function known(slot: Slot | undefined): Known | undefined {
    if (!slot) return undefined;
    const { settings, fallback, overtaken } = slot;
    const ageMs = Math.max(0, now() - slot.askedAt);
    const answered = { ageMs, fallback, overtaken };
    const standing = standingOf(answered);
    if (standing === 'expired') return undefined;
    return { settings, ...answered, standing, renewable: renewable(answered) };
  }

  return {
    use(key) {
      const slot = slots.get(key);
      if (slot) slot.usedAt = now();
      if (slot && !renewals.has(key)) renewals.set(key, slot);
      return known(slot);
    },
    peek: (key) => known(slots.peek(key)),
    put(owner, entry) {
      const key = ownerKey(owner);
      const slot = slots.peek(key);
      if (slot && slot.askedAt > entry.askedAt) return;
      // Changed in place: being renewed is no need, and must not make anybody the most recently needed.
      const kept = Object.assign(slot ?? { owner, usedAt: now() }, entry);
      if (!slot) slots.set(key, kept);
      renewals.delete(key);
      renewals.set(key, kept);
    },
    invalidate(key) {
      invalidations.set(key, now());
      const slot = slots.peek(key);
      if (slot) slot.overtaken = true;
    },
    invalidatedSince: (key, askedAt) => (invalidations.peek(key) ?? -Infinity) > askedAt,
    toRenew(limit) {
      const due: PreferenceOwner[] = [];
      let seen = 0;
      for (const [key, slot] of renewals) {
        if (due.length >= limit || ++seen > LOOK_AT) break;
        if (now() - slot.usedAt >= ACTIVE_MS) renewals.delete(key);
        else if (known(slot)?.renewable !== false) due.push(slot.owner);
      }
      return due;
    },
    size: () => slots.size,
  };
}
