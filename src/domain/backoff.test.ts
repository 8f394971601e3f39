import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffDelay, outageDelay } from './backoff.ts';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const backoff = fc
  .tuple(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 1, max: 3_600_000 }))
  .map(([baseMs, more]) => ({ baseMs, capMs: baseMs + more }));

it('stays between half of the doubled delay and all of it, and never exceeds the cap', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), backoff, random, (failures, policy, drawn) => {
      const doubled = Math.min(policy.capMs, policy.baseMs * 2 ** (failures - 1));
      const delay = backoffDelay(failures, policy, drawn);
      expect(delay).toBeGreaterThanOrEqual(Math.floor(doubled / 2));
      expect(delay).toBeLessThanOrEqual(Math.ceil(doubled));
      expect(delay).toBeLessThanOrEqual(policy.capMs);
    }),
  );
});

it('never waits less after one more failure, for the same draw', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), backoff, random, (failures, policy, drawn) => {
      expect(backoffDelay(failures + 1, policy, drawn)).toBeGreaterThanOrEqual(
        backoffDelay(failures, policy, drawn),
      );
    }),
  );
});

it('draws the other half', () => {
  const policy = { baseMs: 1000, capMs: 60_000 };
  expect([0, 0.5, 0.999].map((drawn) => backoffDelay(3, policy, drawn))).toEqual([
    2000, 3000, 3998,
  ]);
});

it('waits for an outage between the base and the cap, longer the longer it lasts', () => {
  fc.assert(
    fc.property(
      fc.nat(100_000_000),
      fc.nat(1_000_000),
      backoff,
      random,
      (waited, more, policy, r) => {
        const delay = outageDelay(waited, policy, r);
        expect(delay).toBeGreaterThanOrEqual(Math.floor(policy.baseMs / 2));
        expect(delay).toBeLessThanOrEqual(policy.capMs);
        expect(outageDelay(waited + more, policy, r)).toBeGreaterThanOrEqual(delay);
      },
    ),
  );
});
