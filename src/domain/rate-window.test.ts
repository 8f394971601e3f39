import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rateWindow, SLOTS } from './rate-window.ts';

const limits = fc.array(
  fc.record({
    limit: fc.integer({ min: 1, max: 20 }),
    periodMs: fc.constantFrom(1000, 60_000, 3_600_000),
  }),
  { minLength: 1, maxLength: 3 },
);
const gaps = fc.array(fc.oneof(fc.nat(30), fc.nat(5000), fc.nat(4_000_000)), { maxLength: 150 });

describe('rateWindow', () => {
  it('never lets more through than the limit, in any window whatsoever', () => {
    fc.assert(
      fc.property(limits, gaps, (rules, waits) => {
        const window = rateWindow(rules);
        let now = 1_800_000_000_000;
        const sent: number[] = [];
        for (const gap of waits) {
          now += gap;
          if (window.take(now, 1).taken) sent.push(now);
        }
        for (const { limit, periodMs } of rules)
          for (const [i, at] of sent.entries())
            expect(sent.slice(i).filter((other) => other < at + periodMs).length).toBeLessThan(
              limit + 1,
            );
      }),
    );
  });

  it('lets one through after the time it names, which is no longer than needed', () => {
    fc.assert(
      fc.property(limits, gaps, (rules, waits) => {
        const window = rateWindow(rules);
        let now = 1_800_000_000_000;
        for (const gap of waits) {
          now += gap;
          const { taken, waitMs: wait } = window.take(now, 1);
          if (taken) continue;
          const longest = Math.max(...rules.map(({ periodMs }) => periodMs));
          expect(wait).toBeLessThanOrEqual(longest + longest / SLOTS);
          expect(window.take(now + wait - 1, 1).taken).toBe(0);
          now += wait;
          expect(window.take(now, 1).taken).toBe(1);
        }
      }),
    );
  });

  it('lets a whole limit through at once when nothing was sent', () => {
    const window = rateWindow([{ limit: 500, periodMs: 60_000 }]);
    expect(window.take(7, 499)).toEqual({ taken: 499, waitMs: 0 });
    expect(window.take(7, 2)).toMatchObject({ taken: 1, waitMs: expect.any(Number) });
    expect(window.take(7, 1)).toMatchObject({ taken: 0, waitMs: expect.any(Number) });
  });

  it('knows what was allowed elsewhere', () => {
    const window = rateWindow([{ limit: 1, periodMs: 1000 }]);
    window.count(5000, 1);
    expect(window.take(5001, 1).waitMs).toBeGreaterThan(0);
  });
});
