import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FALLBACK_FRESH_MS,
  FRESH_MS,
  renewable,
  STALE_MS,
  type Standing,
  standingOf,
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
