import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countSentence, tally } from './tally.ts';
import { wordingFor } from './wording.ts';

const english = wordingFor({});
const count = fc.oneof(fc.nat(3), fc.nat(1_000_000));
const anyCounts = fc.record({ ready: count, failed: count, unfinished: count });

test('the bar is always full, and whatever there is can be seen', () => {
  fc.assert(
    fc.property(anyCounts, (counts) => {
      const parts = tally(english, counts);
      expect(parts.map(({ outcome }) => outcome)).toEqual(
        (['ready', 'failed', 'unfinished'] as const).filter((outcome) => counts[outcome] > 0),
      );
      if (parts.length === 0) return;
      expect(parts.reduce((sum, { percent }) => sum + percent, 0)).toBe(100);
      expect(Math.min(...parts.map(({ percent }) => percent))).toBeGreaterThanOrEqual(3);
    }),
  );
});

test('no files at all still make a sentence', () => {
  const { first, next } = english.locale.batch.headline;
  const none = { ready: 0, failed: 0, unfinished: 0 };
  expect(countSentence(english, none, first, next)).toBe('0 files are ready');
});
