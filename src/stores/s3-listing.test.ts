import fc from 'fast-check';
import { expect, it } from 'vitest';
import { entriesUnder, type Listing } from './s3-listing.ts';

/** A bucket in memory: pages as long as asked for, in the order of the keys. */
function bucketOf(keys: readonly string[], asked: number[] = []): Listing {
  const sorted = [...new Set(keys)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return {
    async page({ after, limit = 1000 }) {
      asked.push(limit);
      const rest = sorted.filter(
        (key) => !after || Buffer.compare(Buffer.from(key), Buffer.from(after.key)) > 0,
      );
      const entries = rest.slice(0, limit).map((Key) => ({ Key }));
      const last = rest.length > limit ? entries.at(-1) : undefined;
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
  maxLength: 3,
  unit: fc.constantFrom('a', 'b', '/', 'é', '😀'),
});

it('tells exactly which keys are there, whatever was expected', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(key, { maxLength: 120 }),
      fc.uniqueArray(key, { maxLength: 120 }),
      fc.constantFrom('there' as const, 'gone' as const),
      async (there, asked, expected) => {
        const found = await entriesUnder(bucketOf(there), asked, expected);
        const present = [...found].flatMap(([one, entries]) => (entries.length ? [one] : []));
        expect(new Set(found.keys())).toEqual(new Set(asked));
        expect(new Set(present)).toEqual(new Set(asked.filter((one) => there.includes(one))));
      },
    ),
  );
});

it('reads a set back with one short page where it is gone, and others follow it', async () => {
  const named = (folder: string) => Array.from({ length: 1000 }, (_, nth) => `${folder}/${nth}`);
  const asked: number[] = [];
  await entriesUnder(bucketOf(named('later'), asked), named('earlier'), 'gone');
  expect(asked).toEqual([10]);
});

it('asks for no more entries than it has keys where they are there', async () => {
  const keys = Array.from({ length: 300 }, (_, nth) => `folder/${nth}`);
  const asked: number[] = [];
  await entriesUnder(bucketOf([...keys, 'folder/later', 'g'], asked), keys, 'there');
  expect(asked).toEqual([301]);
});
