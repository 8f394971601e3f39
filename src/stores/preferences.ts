import type {
  NotificationSettings,
  PreferenceOwner,
  PreferenceSource,
} from '../contracts/preferences.ts';
import { ownerKey } from '../domain/owner.ts';
import { askTogether } from './ask-together.ts';
import type { CmsClient, CmsPreferences } from './cms-client.ts';
import { circuitGuard } from './guard.ts';
import { type CachedPreferences, preferenceCache } from './preference-cache.ts';

export interface Resolved {
  settings: NotificationSettings;
  source: PreferenceSource;
  /** Whole seconds since the CMS was asked; 0 for `cms` and `defaults`. */
  age_seconds: number;
  /** True where the person has no settings of their own: company's, built-in or our defaults. */
  fallback: boolean;
}

export interface PreferenceStats {
  /** Owners resolved, and by which rung of the ladder. */
  calls: number;
  hits: number;
  cms: number;
  stale: number;
  defaults: number;
  /** Questions the CMS gave no usable answer to. */
  failures: number;
  entries: number;
  circuit: 'closed' | 'open' | 'half-open';
}

/** Promise 5: nobody's mail waits for the CMS. No function here rejects because the CMS is down. */
export interface Preferences {
  resolve(owner: PreferenceOwner): Promise<Resolved>;
  /** By `ownerKey`; owners may repeat. Several unknown ones are asked for together. */
  resolveMany(owners: PreferenceOwner[]): Promise<Map<string, Resolved>>;
  /** The CMS has something newer: ask again next time. Answers on their way are not kept as fresh. */
  invalidate(owner: PreferenceOwner): void;
  stats(): PreferenceStats;
}

export interface PreferencesOptions {
  client: Pick<CmsClient, 'preferencesByUser' | 'preferencesBulk'>;
  /** The `DEFAULT_*` settings: the last rung. */
  defaults: NotificationSettings;
  /** Milliseconds of a monotonic clock. */
  now?: () => number;
  maxEntries?: number;
}

/** A question on its way, shared by everybody who asks for the same owner meanwhile. */
interface Flight {
  answer: Promise<Resolved>;
  invalidated: boolean;
}

/** After a time-out or three failures in a row the CMS is left alone for five seconds. */
const CIRCUIT = { failuresToOpen: 3, openMs: 5_000 };

/**
 * The ladder of promise 5: fresh cache, else the CMS, else stale cache, else the defaults.
 */
export function preferencesResolver(options: PreferencesOptions): Preferences {
  const { client, defaults, now = () => performance.now(), maxEntries = 50_000 } = options;
  const cache = preferenceCache(maxEntries, now);
  const guard = circuitGuard(CIRCUIT, now);
  const flights = new Map<string, Flight>();
  const counts: Record<PreferenceSource, number> = {
    cms: 0,
    cache: 0,
    stale_cache: 0,
    defaults: 0,
  };

  function counted(resolved: Resolved): Resolved {
    counts[resolved.source] += 1;
    return { ...resolved, settings: { ...resolved.settings } };
  }

  /** What is known or on its way already. */
  function underway(key: string): Promise<Resolved> | undefined {
    const fresh = cache.fresh(key);
    return fresh ? Promise.resolve(cached(fresh, 'cache')) : flights.get(key)?.answer;
  }

  function depart(key: string, question: Promise<CmsPreferences | undefined>): Promise<Resolved> {
    const askedAt = now();
    const flight: Flight = { invalidated: false, answer: question.then(land) };
    flights.set(key, flight);
    return flight.answer;

    function land(answer: CmsPreferences | undefined): Resolved {
      if (flights.get(key) === flight) flights.delete(key);
      if (answer) {
        cache.put(key, { ...answer, askedAt, invalidated: flight.invalidated });
        return { ...answer, source: 'cms', age_seconds: 0 };
      }
      const stale = cache.stale(key);
      if (stale) return cached(stale, 'stale_cache');
      return { settings: defaults, source: 'defaults', age_seconds: 0, fallback: true };
    }
  }

  return {
    async resolve(owner) {
      const key = ownerKey(owner);
      const known = underway(key);
      if (known) return counted(await known);
      return counted(
        await depart(
          key,
          guard.ask(() => client.preferencesByUser(owner)),
        ),
      );
    },

    async resolveMany(owners) {
      const waiting = new Map<string, Promise<Resolved>>();
      const unknown = new Map<string, PreferenceOwner>();
      for (const owner of owners) {
        const key = ownerKey(owner);
        const known = underway(key);
        if (known) waiting.set(key, known);
        else unknown.set(key, owner);
      }
      const question = askTogether(client, guard, [...unknown.values()]);
      for (const key of unknown.keys()) {
        waiting.set(
          key,
          depart(
            key,
            question.then((answers) => answers.get(key)),
          ),
        );
      }
      const resolved = [...waiting].map(async ([key, one]) => [key, counted(await one)] as const);
      return new Map(await Promise.all(resolved));
    },

    invalidate(owner) {
      const key = ownerKey(owner);
      cache.invalidate(key);
      const flight = flights.get(key);
      if (flight) flight.invalidated = true;
      flights.delete(key);
    },

    stats() {
      const { cms, cache: hits, stale_cache: stale, defaults: fellBack } = counts;
      const calls = cms + hits + stale + fellBack;
      return {
        calls,
        hits,
        cms,
        stale,
        defaults: fellBack,
        entries: cache.size(),
        ...guard.state(),
      };
    },
  };
}

function cached(known: CachedPreferences, source: 'cache' | 'stale_cache'): Resolved {
  const { settings, fallback, ageMs } = known;
  return { settings, fallback, source, age_seconds: Math.floor(ageMs / 1000) };
}
