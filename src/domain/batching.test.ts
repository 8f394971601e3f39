import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CLOSE_REASONS,
  listedUnfinished,
  onAlarm,
  reachesThreshold,
  statusAtClose,
} from './batching.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const start = new Date('2026-01-01T00:00:00Z');
const later = (ms: number) => new Date(start.getTime() + ms);

const counts = fc
  .tuple(fc.nat(50), fc.nat(50), fc.nat(50))
  .map(([successful, failed, open]) => ({ successful, failed, total: successful + failed + open }));
/** Small ones, so that all of a kind, and a count that just reaches a limit, come up often. */
const few = fc
  .tuple(fc.nat(2), fc.nat(2), fc.nat(2))
  .map(([successful, failed, open]) => ({ successful, failed, total: successful + failed + open }));

const waiting = { total: 2, successful: 0, failed: 0 };
const partly = { total: 2, successful: 1, failed: 0 };
const batch = { waitingSince: start, dueAt: later(30 * MINUTE), closeRequestedAt: null };
const alarm = (change: object, counted: typeof waiting, at: number) =>
  onAlarm({ ...batch, counts: counted, ...change }, later(at), 30 * MINUTE, DAY);

describe('an alarm', () => {
  it.each([
    ['waits until the batch is due', {}, partly, 29, { action: 'wait', until: batch.dueAt }],
    ['closes what is due', {}, partly, 30, { action: 'close', reason: 'due' }],
    [
      'waits another delay while nothing is finished',
      {},
      waiting,
      31,
      { action: 'wait', until: later(61 * MINUTE) },
    ],
    [
      'closes by hand before the time',
      { closeRequestedAt: start },
      partly,
      1,
      { action: 'close', reason: 'manual' },
    ],
    [
      'does not close by hand while nothing is finished',
      { closeRequestedAt: start },
      waiting,
      1,
      { action: 'wait', until: batch.dueAt },
    ],
    ['closes at the greatest age', {}, waiting, 24 * 60, { action: 'close', reason: 'max_age' }],
    [
      'counts the age from when files it took over began to wait',
      { waitingSince: later(-23 * 60 * MINUTE) },
      waiting,
      60,
      { action: 'close', reason: 'max_age' },
    ],
    [
      'closes an emptied batch when it is due',
      {},
      { total: 0, successful: 0, failed: 0 },
      30,
      { action: 'close', reason: 'due' },
    ],
  ] as const)('%s', (_, change, counted, minutes, expected) => {
    expect(alarm(change, counted, minutes * MINUTE)).toEqual(expected);
  });

  it('heard again and again closes every batch, and never before it is due', () => {
    const delay = fc.integer({ min: 1, max: 1440 });
    const some = fc.oneof(counts, fc.constant(waiting));
    fc.assert(
      fc.property(some, delay, fc.integer({ min: 1, max: 72 }), (counted, minutes, hours) => {
        const delayMs = minutes * MINUTE;
        const maxAgeMs = hours * 60 * MINUTE;
        let dueAt = later(delayMs);
        let now = start;
        for (;;) {
          const heard = onAlarm({ ...batch, counts: counted, dueAt }, now, delayMs, maxAgeMs);
          if (heard.action === 'close') break;
          expect(heard.until.getTime()).toBeGreaterThan(now.getTime());
          dueAt = heard.until;
          now = heard.until;
        }
        expect(now.getTime()).toBeGreaterThanOrEqual(later(delayMs).getTime());
        expect(now.getTime()).toBeLessThanOrEqual(later(Math.max(delayMs, maxAgeMs)).getTime());
      }),
    );
  });
});

it('reaches the threshold by finished files of either kind', () => {
  fc.assert(
    fc.property(few, fc.integer({ min: 1, max: 5 }), (counted, threshold) => {
      const reached = counted.successful + counted.failed >= threshold;
      expect(reachesThreshold(counted, threshold)).toBe(reached);
    }),
  );
});

it('is completed or failed only when every reported file is', () => {
  fc.assert(
    fc.property(
      few.filter(({ total }) => total > 0),
      (counted) => {
        const status = statusAtClose(counted);
        expect(status === 'completed').toBe(counted.successful === counted.total);
        expect(status === 'failed').toBe(counted.failed === counted.total);
      },
    ),
  );
});

it('lists all unfinished files when it gave up waiting for them, else those that waited as long', () => {
  const unfinished = fc.nat(50).chain((all) => fc.tuple(fc.constant(all), fc.nat(all)));
  fc.assert(
    fc.property(fc.constantFrom(...CLOSE_REASONS), unfinished, (reason, [all, overdue]) => {
      const listed = listedUnfinished(reason, all, overdue);
      expect(listed).toBe(reason === 'max_age' ? all : overdue);
    }),
  );
});
