import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AttemptOutcome, afterAttempt, TRANSPORT_PAUSE_MS } from './notifications.ts';

const now = new Date('2026-01-01T00:00:00Z');
const reason = 'because';
const hold = { backoff: { baseMs: 1000, capMs: 8000 }, unknown: 'hold' as const };
const resend = { ...hold, unknown: 'resend' as const };
const next = (result: AttemptOutcome, attempts: number, policy: typeof hold | typeof resend) =>
  afterAttempt(result, { attempts, maxAttempts: 3 }, policy, now, 0);
const retry = (ms: number, countsAttempt = true) => ({
  status: 'pending',
  reason,
  countsAttempt,
  nextRetryAt: new Date(now.getTime() + ms),
});

describe('after an attempt', () => {
  it('what was sent is sent', () => {
    const sent = { outcome: 'sent', response: '250 Ok' } as const;
    expect(next(sent, 3, hold)).toEqual({ status: 'sent', response: '250 Ok' });
  });
  it('a permanent refusal fails at once', () => {
    expect(next({ outcome: 'permanent', reason }, 1, hold)).toEqual({ status: 'failed', reason });
  });
  it('passing trouble is tried again, until no attempt is left', () => {
    expect(next({ outcome: 'transient', reason }, 2, hold)).toEqual(retry(1000));
    expect(next({ outcome: 'transient', reason }, 3, hold)).toEqual({ status: 'failed', reason });
  });
  it('a transport that may not log in costs no attempt, ever', () => {
    const unavailable = { outcome: 'unavailable', reason } as const;
    expect(next(unavailable, 3, hold)).toEqual(retry(TRANSPORT_PAUSE_MS, false));
  });
  it('what may have arrived is held, or sent again where the policy says so', () => {
    const unknown = { outcome: 'unknown', reason } as const;
    expect(next(unknown, 1, hold)).toEqual({ status: 'unknown', reason });
    expect(next(unknown, 1, resend)).toEqual(retry(500));
    expect(next(unknown, 3, resend)).toEqual({ status: 'unknown', reason });
  });

  it('nothing that may have arrived ever counts as failed', () => {
    const policies = fc.constantFrom(hold, resend);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), policies, (attempts, policy) => {
        const step = next({ outcome: 'unknown', reason }, attempts, policy);
        expect(step.status).not.toBe('failed');
      }),
    );
  });
});
