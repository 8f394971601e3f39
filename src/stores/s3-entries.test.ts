import fc from 'fast-check';
import { expect, it } from 'vitest';
import { entriesUnder } from './s3-entries.ts';
import type { Listing } from './s3-listing.ts';

/** How servers sort: by the bytes of the key, folder by folder, or by the names of files that hold it. */
const SORTED_BY: Record<string, (key: string) => Buffer> = {
  bytes: (key) => Buffer.from(key),
  folders: (key) => Buffer.from(key.replaceAll('/', '\0')),
  names: (key) => Buffer.from(`${key.replaceAll('/', '\0')}._object`),
};
type Order = keyof typeof SORTED_BY;

/**
 * A bucket in memory.
 * @param asked gathers how long each page was to be; 1 for a question about one key
 */
function bucketOf(
  keys: readonly string[],
  asked: number[] = [],
  order: Order = 'bytes',
  longestPage = 1000,
): Listing {
  const by = SORTED_BY[order]!;
  const sorted = [...new Set(keys)].sort((a, b) => Buffer.compare(by(a), by(b)));
  // A server that has files for objects knows from which key on, but not from which file.
  const start = order === 'names' ? SORTED_BY.bytes! : by;
  const isAfter = (a: string, b: string) => Buffer.compare(start(a), start(b)) > 0;
  return {
    async page({ prefix = '', after, limit = 1000 }) {
      asked.push(limit);
      const length = Math.min(limit, longestPage);
      // Some servers know of nothing after what lies outside of the prefix.
      const outside = after && !after.key.startsWith(prefix);
      const rest = sorted.filter(
        (key) => !outside && key.startsWith(prefix) && (!after || isAfter(key, after.key)),
      );
      const entries = rest.slice(0, length).map((Key) => ({ Key }));
      const last = rest.length > length ? entries.at(-1) : undefined;
      return { entries, next: last ? { key: last.Key } : null };
    },
    async under(key) {
      asked.push(1);
      return sorted.includes(key) ? [{ Key: key }] : [];
    },
  };
}

const key = fc.string({
  minLength: 1,
  maxLength: 4,
  unit: fc.constantFrom('a', 'b', '/', '-', 'é', '\ue000', '😀'),
});

it('answers as if each key had been asked for by itself, however the bucket is sorted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(key, { maxLength: 150 }),
      fc.uniqueArray(key, { maxLength: 150 }),
      fc.constantFrom('there' as const, 'gone' as const),
      fc.constantFrom(...Object.keys(SORTED_BY)),
      fc.integer({ min: 1, max: 30 }),
      async (there, asked, expected, order, longestPage) => {
        const bucket = bucketOf(there, [], order, longestPage);
        const found = await entriesUnder(bucket, asked, expected);
        const present = [...found].flatMap(([one, entries]) => (entries.length ? [one] : []));
        expect(new Set(found.keys())).toEqual(new Set(asked));
        expect(new Set(present)).toEqual(new Set(asked.filter((one) => there.includes(one))));
      },
    ),
    { numRuns: 1000 },
  );
});

const named = (folder: string, count: number, step = 1) =>
  Array.from({ length: count }, (_, nth) => `${folder}/${String(nth * step).padStart(9, '0')}`);

it('reads a set back with one short page where it is gone, and others follow it', async () => {
  const asked: number[] = [];
  await entriesUnder(bucketOf(named('later', 1000), asked), named('earlier', 1000), 'gone');
  expect(asked).toEqual([20]);
});

it('asks for as many entries as the rest of the keys would take', async () => {
  const keys = named('folder', 300);
  const asked: number[] = [];
  await entriesUnder(bucketOf([...keys, 'folder/later', 'g'], asked), keys);
  expect(asked).toEqual([100, 205]);
});

it('goes on by pages after a key that lies far from the others', async () => {
  const keys = [...named('a', 1), ...named('c', 999)];
  const asked: number[] = [];
  await entriesUnder(bucketOf([...keys, ...named('b', 5000)], asked), keys);
  expect(asked.filter((limit) => limit === 1).length).toBeLessThanOrEqual(10);
  expect(asked.filter((limit) => limit > 1).length).toBeLessThanOrEqual(4);
});

it('asks one by one where the keys lie apart, and for few pages beside', async () => {
  const asked: number[] = [];
  const bucket = bucketOf(named('folder', 40_000), asked);
  await entriesUnder(bucket, named('folder', 400, 100), 'gone');
  const pages = asked.filter((limit) => limit > 1);
  expect(asked.length - pages.length).toBeGreaterThan(390);
  expect(pages.length).toBeLessThanOrEqual(8);
  expect(Math.max(...pages)).toBeLessThanOrEqual(100);
});

it('takes a page that is empty although others follow for no answer', async () => {
  const keys = named('folder', 50);
  const bucket = bucketOf(keys);
  const page: Listing['page'] = async ({ after }) => ({ entries: [], next: after ?? { key: '' } });
  const found = await entriesUnder({ ...bucket, page }, keys, 'gone');
  expect([...found.values()].every((entries) => entries.length === 1)).toBe(true);
});
