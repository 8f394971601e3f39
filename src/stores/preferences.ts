import type {
  NotificationSettings,
  PreferenceOwner,
  PreferenceSource,
} from '../contracts/preferences.ts';
import { usable } from '../domain/freshness.ts';
import { ownerKey } from '../domain/owner.ts';
import type { CmsClient, CmsPreferences } from './cms-client.ts';
import { circuitGuard } from './guard.ts';
import { type Known, preferenceCache } from './preference-cache.ts';
import { preferenceFlights } from './preference-flights.ts';
import type { SharedPreferences } from './shared-preferences.ts';

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
  /** Owners kept in memory. */
  entries: number;
  circuit: 'closed' | 'open' | 'half-open';
}

/** Promise 5: nobody's mail waits for the CMS. No function here rejects because the CMS is down. */
export interface Preferences {
  resolve(owner: PreferenceOwner): Promise<Resolved>;
  /** By `ownerKey`; owners may repeat. Several unknown ones are asked for together. */
  resolveMany(owners: PreferenceOwner[]): Promise<Map<string, Resolved>>;
  /**
   * What the CMS says now, or said so many milliseconds ago at most, by `ownerKey`; whom it has no usable
   * answer for is left out.
   */
  ask(owners: PreferenceOwner[], maxAgeMs?: number): Promise<Map<string, Resolved>>;
  /**
   * The CMS has something newer: ask again next time. Neither this process nor Redis keeps what is on
   * its way as fresh; other processes have to be told to `forget`.
   */
  invalidate(owner: PreferenceOwner): Promise<void>;
  /** The same for this process alone. */
  forget(owner: PreferenceOwner): void;
  stats(): PreferenceStats;
}

export interface PreferencesOptions {
  client: Pick<CmsClient, 'preferencesByUser' | 'preferencesBulk'>;
  /** The `DEFAULT_*` settings: the last rung. */
  defaults: NotificationSettings;
  /** What other processes know; none without it. */
  shared?: SharedPreferences;
  /** Milliseconds of a clock that never goes back and that the processes agree on. */
  now?: () => number;
  maxEntries?: number;
  /** Told of everybody resolved. */
  onResolved?: (source: PreferenceSource) => void;
}

/** After a time-out or three failures in a row the CMS is left alone for five seconds. */
const CIRCUIT = { failuresToOpen: 3, openMs: 5_000 };
/** How long a slow CMS is waited for by whoever can do with an older answer, in milliseconds. */
const PATIENCE_MS = 300;

/** Wall-clock time that no adjustment of the clock moves while the process runs. */
export const steadyClock = (): number => performance.timeOrigin + performance.now();

/**
 * The ladder of promise 5: fresh cache (memory, then Redis), else the CMS, else stale cache, else the
 * defaults. There is no lock between processes: two that ask at the same moment cost one question
 * more, while a lock whose holder has died would cost everybody's time.
 */
export function preferencesResolver(options: PreferencesOptions): Preferences {
  const { client, defaults, shared, now = steadyClock, maxEntries = 50_000, onResolved } = options;
  const cache = preferenceCache(maxEntries, now);
  const guard = circuitGuard(CIRCUIT, now);
  const flights = preferenceFlights({ client, guard, cache, shared, now });
  const counts: Record<PreferenceSource, number> = {
    cms: 0,
    cache: 0,
    stale_cache: 0,
    defaults: 0,
  };

  function counted(resolved: Resolved): Resolved {
    counts[resolved.source] += 1;
    onResolved?.(resolved.source);
    return { ...resolved, settings: { ...resolved.settings } };
  }

  /** What there is without an answer of the CMS. */
  function fallBack(key: string): Resolved {
    const known = cache.peek(key);
    if (known) return remembered(known);
    return { settings: defaults, source: 'defaults', age_seconds: 0, fallback: true };
  }

  async function landed(key: string, answer: Promise<CmsPreferences | undefined>) {
    const said = await answer;
    return said ? saidByCms(said) : fallBack(key);
  }

  /**
   * One per owner: what is known, or an answer on its way. Whoever can do with an older answer does not
   * wait long for a new one, unless the older one is known to be outdated.
   */
  function lookUp(owners: Map<string, PreferenceOwner>): Map<string, Promise<Resolved>> {
    const known = new Map([...owners.keys()].map((key) => [key, cache.use(key)]));
    const standing = (key: string) => known.get(key)?.standing ?? 'expired';
    const idle = [...owners].filter(([key]) => !flights.underway(key));
    const ask = (some: typeof idle, enough: (known: Known) => boolean) =>
      some.length > 0
        ? flights.depart(
            some.map(([, owner]) => owner),
            enough,
          )
        : undefined;
    const departed = ask(
      idle.filter(([key]) => !usable(standing(key))),
      (found) => usable(found.standing),
    );
    // Nobody waits for these.
    ask(
      idle.filter(([key]) => standing(key) === 'ageing' && !flights.underway(key)),
      (found) => found.standing === 'fresh',
    );
    const lookedUp = [...known].map(([key, found]) => {
      if (found && usable(found.standing))
        return [key, Promise.resolve(remembered(found))] as const;
      const answer = landed(key, departed?.get(key) ?? flights.underway(key)!);
      return [key, found && !found.overtaken ? soon(answer, () => fallBack(key)) : answer] as const;
    });
    return new Map(lookedUp);
  }

  function forget(key: string): void {
    cache.invalidate(key);
    flights.overtake(key);
  }

  return {
    async resolve(owner) {
      const key = ownerKey(owner);
      const known = cache.use(key);
      // Nearly always, and nothing has to be asked for.
      if (known?.standing === 'fresh') return counted(remembered(known));
      return counted(await lookUp(new Map([[key, owner]])).get(key)!);
    },

    async resolveMany(owners) {
      const waiting = lookUp(new Map(owners.map((owner) => [ownerKey(owner), owner])));
      const resolved = [...waiting].map(async ([key, one]) => [key, counted(await one)] as const);
      return new Map(await Promise.all(resolved));
    },

    async ask(owners, maxAgeMs = 0) {
      const recent = (found: Known) => usable(found.standing) && found.ageMs < maxAgeMs;
      const said = [...flights.depart(owners, recent)].map(async ([key, answer]) => {
        const fromCms = await answer;
        const known = cache.peek(key);
        if (fromCms) return [[key, counted(saidByCms(fromCms))] as const];
        return known && recent(known) ? [[key, counted(remembered(known))] as const] : [];
      });
      return new Map((await Promise.all(said)).flat());
    },

    async invalidate(owner) {
      const key = ownerKey(owner);
      forget(key);
      await shared?.invalidate(key);
    },
    forget: (owner) => forget(ownerKey(owner)),

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

function saidByCms(answer: CmsPreferences): Resolved {
  return { ...answer, source: 'cms', age_seconds: 0 };
}

function remembered({ settings, fallback, ageMs, standing }: Known): Resolved {
  const source = usable(standing) ? 'cache' : 'stale_cache';
  return { settings, fallback, source, age_seconds: Math.floor(ageMs / 1000) };
}

/** The answer, or what there is instead if it takes too long; the answer then serves those who come later. */
async function soon<Answer>(answer: Promise<Answer>, instead: () => Answer): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer>((resolve) => {
    timer = setTimeout(() => resolve(instead()), PATIENCE_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
