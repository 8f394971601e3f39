import { askEach } from './per-file.ts';
import type { Entry, Listing } from './s3-listing.ts';
import { inBucketOrder, speaksFor } from './s3-order.ts';
import { StoreError } from './store-error.ts';

/** What is under a set of keys, in as few questions as their places among others allow. */

/** The most entries a page may have; servers read something about each of them. */
const FULL_PAGE = 1000;
/** The first page where keys are thought to be there, and where they are thought to be gone. */
const FIRST_PAGE = { there: 100, gone: 20 };
const SHORTEST_PAGE = 20;
/** Entries read for the sake of one key; for more, the key is better asked for beside others. */
const WORTH_READING = 20;
/** Keys asked for by themselves after a page that was not worth it. */
const ALONE = 10;
/** So few keys are asked for one by one as well. */
const FEW = 5;
const AT_ONCE = 10;

/**
 * What is under each of the keys, as if each had been asked for by itself. Keys are taken in their
 * order, from one listing after the other: each begins just before the next key and is as long as the
 * rest would take if it lay as close together as what was just read. A page that told of one key at
 * most, or of less than one for every `WORTH_READING` entries, was not worth it: the next `ALONE` keys are
 * asked for one by one, twice as many each time this happens in a row, and then a short page is tried
 * again. So keys that lie apart cost a question each and a few short pages for the whole set.
 * @param expected whether most of them are thought to be there; a wrong guess costs a question or two
 * @throws StoreError when any of it cannot be told
 */
export async function entriesUnder(
  listing: Listing,
  keys: readonly string[],
  expected: 'there' | 'gone' = 'there',
): Promise<Map<string, Entry[]>> {
  const sorted = [...new Set(keys)].sort(inBucketOrder);
  const found = new Map<string, Entry[]>(sorted.map((key) => [key, []]));
  const untold: string[] = [];
  let limit = FIRST_PAGE[expected];
  let alone = ALONE;
  let at = 0;
  while (sorted.length - at >= FEW) {
    const from = placeOf(sorted, at);
    const { entries, next } = await listing.page({ ...from, limit });
    const passed = next ? countUntil(sorted, at, next.key) : sorted.length - at;
    const seen = new Set(entries.map(({ Key }) => Key));
    const told = new Set<string>();
    for (const key of sorted.slice(at, at + passed))
      if (seen.has(key) || speaksFor(key, from.after?.key, next?.key)) told.add(key);
      else untold.push(key);
    for (const entry of entries) if (told.has(entry.Key)) found.get(entry.Key)?.push(entry);
    at += passed;
    if (told.size < 2 || told.size * WORTH_READING < entries.length) {
      untold.push(...sorted.slice(at, at + alone));
      at += alone;
      alone *= 2;
      limit = FIRST_PAGE[expected];
      continue;
    }
    alone = ALONE;
    const wanted = Math.ceil((entries.length / told.size) * (sorted.length - at)) + 1;
    limit = Math.min(Math.max(wanted, SHORTEST_PAGE), FULL_PAGE);
  }
  await askOneByOne(listing, [...untold, ...sorted.slice(at)], found);
  return found;
}

async function askOneByOne(listing: Listing, keys: string[], found: Map<string, Entry[]>) {
  const answers = await askEach(keys, AT_ONCE, (key) => listing.under(key));
  for (const [nth, key] of keys.entries()) {
    const answer = answers[nth];
    if (answer instanceof StoreError) throw answer;
    found.set(key, answer ?? []);
  }
}

/** How many keys from a place on come before another key. */
function countUntil(sorted: readonly string[], at: number, key: string): number {
  let end = at;
  while (end < sorted.length && inBucketOrder(sorted[end] ?? '', key) < 0) end += 1;
  return end - at;
}

/**
 * Where to list from so that the key comes soon if not first: in the folder it shares with all that
 * follow, after whichever is nearer, the key before it or its own beginning. What a page is to begin
 * after has to lie in that folder; some servers know of nothing after what lies outside.
 */
function placeOf(sorted: readonly string[], at: number) {
  const [first = '', last = ''] = [sorted[at], sorted.at(-1)];
  let shared = 0;
  while (shared < first.length && first[shared] === last[shared]) shared += 1;
  const common = first.slice(0, shared);
  const prefix = common.slice(0, common.lastIndexOf('/') + 1);
  const beginning = [...first].slice(0, -1).join('');
  const previous = sorted[at - 1] ?? '';
  const key = inBucketOrder(previous, beginning) > 0 ? previous : beginning;
  const after = key.length > prefix.length && key.startsWith(prefix) ? { key } : undefined;
  return { prefix: prefix || undefined, after };
}
