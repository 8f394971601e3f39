import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareAt,
  FALLBACK_FRESH_MS,
  FRESH_MS,
  renewable,
  STALE_MS,
  type Standing,
  standingOf,
  usable,
} from './freshness.ts';

const WORSE: Standing[] = ['fresh', 'ageing', 'stale', 'expired'];
const worth = (standing: Standing) => WORSE.indexOf(standing);
const age = fc.integer({ min: -60_000, max: 2 * STALE_MS });

describe('the standing of an answer', () => {
  it('only gets worse with age', () => {
    fc.assert(
      fc.property(age, age, fc.boolean(), fc.boolean(), (one, other, fallback, overtaken) => {
        const [younger, older] = one < other ? [one, other] : [other, one];
        const at = (ageMs: number) => worth(standingOf({ ageMs, fallback, overtaken }));
        expect(at(younger)).toBeLessThanOrEqual(at(older));
      }),
    );
  });

  it('is no better for a fallback, nor for one that was overtaken, which is never used unasked', () => {
    fc.assert(
      fc.property(age, fc.boolean(), (ageMs, fallback) => {
        const plain = worth(standingOf({ ageMs, fallback: false, overtaken: false }));
        expect(
          worth(standingOf({ ageMs, fallback: true, overtaken: false })),
        ).toBeGreaterThanOrEqual(plain);
        const overtaken = standingOf({ ageMs, fallback, overtaken: true });
        expect(['stale', 'expired']).toContain(overtaken);
        expect(worth(overtaken)).toBeGreaterThanOrEqual(plain);
      }),
    );
  });

  it('is worth renewing along with others before it is missed', () => {
    fc.assert(
      fc.property(age, fc.boolean(), fc.boolean(), (ageMs, fallback, overtaken) => {
        const answered = { ageMs, fallback, overtaken };
        if (standingOf(answered) !== 'fresh') expect(renewable(answered)).toBe(true);
        if (ageMs <= 0) expect(renewable(answered)).toBe(overtaken);
      }),
    );
  });

  it.each([false, true])(
    'is renewed along with others from half its time on, fallback %s',
    (fallback) => {
      const half = (fallback ? FALLBACK_FRESH_MS : FRESH_MS) / 2;
      expect(renewable({ ageMs: half - 1, fallback, overtaken: false })).toBe(false);
      expect(renewable({ ageMs: half, fallback, overtaken: false })).toBe(true);
    },
  );

  it('lets it be used unasked while it is fresh or ageing', () => {
    expect(WORSE.map(usable)).toEqual([true, true, false, false]);
  });

  it.each([
    ['own row', false, FRESH_MS],
    ['fallback', true, FALLBACK_FRESH_MS],
  ])('changes at the limits of an %s', (_, fallback, freshMs) => {
    const at = (ageMs: number) => standingOf({ ageMs, fallback, overtaken: false });
    expect([at(0), at(freshMs * 0.9 - 1), at(freshMs * 0.9)]).toEqual(['fresh', 'fresh', 'ageing']);
    expect([at(freshMs - 1), at(freshMs)]).toEqual(['ageing', 'stale']);
    expect([at(STALE_MS - 1), at(STALE_MS)]).toEqual(['stale', 'expired']);
  });
});

it('preferences are compared once the CMS’s word has had its time, and at once where it is not the CMS’s', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const after = (source: Parameters<typeof compareAt>[0]['source'], age_seconds: number) =>
    (compareAt({ source, age_seconds }, now, 600).getTime() - now.getTime()) / 1000;
  expect([after('cms', 0), after('cache', 240), after('cache', 900)]).toEqual([600, 360, 0]);
  expect([after('stale_cache', 0), after('defaults', 0)]).toEqual([0, 0]);
});
