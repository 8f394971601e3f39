import type { PreferenceOwner } from '../contracts/preferences.ts';
import { ownerKey } from '../domain/owner.ts';
import { askTogether, roomBeside } from './ask-together.ts';
import type { CmsClient, CmsPreferences } from './cms-client.ts';
import type { Guard } from './guard.ts';
import type { Known, PreferenceCache } from './preference-cache.ts';
import type { SharedPreferences } from './shared-preferences.ts';

/** A question on its way. */
interface Flight {
  owner: PreferenceOwner;
  overtaken: boolean;
}

/** What the CMS answered; undefined where it did not, or where others had asked already. */
type Landing = Promise<CmsPreferences | undefined>;

/** Questions to the CMS, at most one per person at a time, and what becomes of the answers. */
export interface PreferenceFlights {
  /** The question somebody else has asked, to be shared. */
  underway(key: string): Landing | undefined;
  /**
   * Sets out for the owners. Answers of other processes that are `goodEnough` save the question; any
   * answer ends up in the cache, and those of the CMS in Redis too. Never rejects.
   */
  depart(owners: PreferenceOwner[], goodEnough: (known: Known) => boolean): Map<string, Landing>;
  /** Answers on their way about this person are not to be used as fresh ones. */
  overtake(key: string): void;
}

export interface FlightParts {
  client: Pick<CmsClient, 'preferencesByUser' | 'preferencesBulk'>;
  guard: Guard;
  cache: PreferenceCache;
  shared?: SharedPreferences;
  now: () => number;
}

/** A CMS that had no answer for companions may be one that is too slow for many: none, in milliseconds. */
const ALONE_MS = 60_000;

/** @param parts both layers of the cache, and the guarded way to the CMS */
export function preferenceFlights(parts: FlightParts): PreferenceFlights {
  const { client, guard, cache, shared, now } = parts;
  const flights = new Map<string, Flight & { landing: Landing }>();
  let aloneUntil = -Infinity;

  /** People whose answers have aged travel along: one `bulk-get` serves a hundred. */
  function companionsOf(owners: Map<string, PreferenceOwner>): Map<string, PreferenceOwner> {
    if (now() < aloneUntil) return new Map();
    const along = cache.toRenew(roomBeside(owners.size)).map((o) => [ownerKey(o), o] as const);
    return new Map(along.filter(([key]) => !owners.has(key) && !flights.has(key)));
  }

  async function travel(
    party: Map<string, Flight>,
    needed: Map<string, PreferenceOwner>,
    goodEnough: (known: Known) => boolean,
  ): Promise<Map<string, CmsPreferences>> {
    const versions = await learnFromOthers(party);
    const open = [...party].filter(([key]) => {
      const known = cache.peek(key);
      return !known || !(needed.has(key) ? goodEnough(known) : !known.renewable);
    });
    const owners = open.flatMap(([key, { owner }]) => (needed.has(key) ? [owner] : []));
    const along = open.flatMap(([key, { owner }]) => (needed.has(key) ? [] : [owner]));
    const askedAt = now();
    const answers = owners.length > 0 ? await askTogether(client, guard, owners, along) : new Map();
    keep(party, answers, askedAt, versions);
    const heard = along.some((owner) => answers.has(ownerKey(owner)));
    if (owners.length > 0 && along.length > 0 && !heard) aloneUntil = now() + ALONE_MS;
    return answers;
  }

  /** @returns the versions under which answers may be kept for others */
  async function learnFromOthers(party: Map<string, Flight>): Promise<Map<string, string>> {
    const versions = new Map<string, string>();
    for (const [key, { version, known }] of (await shared?.look([...party.keys()])) ?? []) {
      versions.set(key, version);
      const flight = party.get(key);
      if (!known || !flight) continue;
      const overtaken =
        known.overtaken || flight.overtaken || cache.invalidatedSince(key, known.askedAt);
      cache.put(flight.owner, { ...known, overtaken });
    }
    return versions;
  }

  function keep(
    party: Map<string, Flight>,
    answers: Map<string, CmsPreferences>,
    askedAt: number,
    versions: Map<string, string>,
  ): void {
    const forOthers = [...answers].flatMap(([key, answer]) => {
      const { owner, ...flight } = party.get(key)!;
      const overtaken = flight.overtaken || cache.invalidatedSince(key, askedAt);
      cache.put(owner, { ...answer, askedAt, overtaken });
      const version = versions.get(key);
      return version ? [{ key, version, askedAt, ...answer }] : [];
    });
    shared?.keep(forOthers);
  }

  return {
    underway: (key) => flights.get(key)?.landing,
    depart(owners, goodEnough) {
      const needed = new Map(owners.map((owner) => [ownerKey(owner), owner]));
      const party = new Map<string, Flight>();
      for (const [key, owner] of [...needed, ...companionsOf(needed)])
        party.set(key, { owner, overtaken: false });
      const journey = travel(party, needed, goodEnough);
      const landings = [...party].map(([key, flight]) => {
        const landing = journey.then((answers) => {
          if (flights.get(key) === onItsWay) flights.delete(key);
          return answers.get(key);
        });
        const onItsWay = Object.assign(flight, { landing });
        flights.set(key, onItsWay);
        return [key, landing] as const;
      });
      return new Map(landings);
    },
    overtake(key) {
      const flight = flights.get(key);
      if (flight) flight.overtaken = true;
      flights.delete(key);
    },
  };
}
