import { type Backoff, backoffDelay } from './backoff.ts';

/**
 * What follows an attempt to send. A mail that may have arrived goes out again only where the policy
 * says so (promise 4). Pure.
 */

/** What the transport said of an attempt; `via` names the one of several that was tried. */
export type AttemptOutcome = { via?: string } & (
  | { outcome: 'sent'; response: string }
  | { outcome: 'transient'; reason: string }
  | { outcome: 'permanent'; reason: string }
  | { outcome: 'unknown'; reason: string }
  /** `retryAfterMs` where the transport knows when it may be asked again. */
  | { outcome: 'unavailable'; reason: string; retryAfterMs?: number }
);

export type NextStep =
  | { status: 'sent'; response: string }
  | { status: 'pending'; reason: string; nextRetryAt: Date; countsAttempt: boolean }
  | { status: 'failed' | 'unknown'; reason: string };

/** A transport with wrong credentials is tried again after this, in milliseconds. */
export const TRANSPORT_PAUSE_MS = 30_000;
/** However soon a transport may be asked again, a mail does not ask sooner, in milliseconds. */
const SHORTEST_PAUSE_MS = 1000;

export interface SendPolicy {
  backoff: Backoff;
  unknown: 'hold' | 'resend';
}

/**
 * The state a mail goes to after an attempt.
 * @param attempts attempts made so far, this one included
 * @param random a number from 0 (inclusive) to 1 (exclusive), for the jitter
 */
export function afterAttempt(
  result: AttemptOutcome,
  { attempts, maxAttempts }: { attempts: number; maxAttempts: number },
  policy: SendPolicy,
  now: Date,
  random: number,
): NextStep {
  const retryIn = (ms: number, reason: string, countsAttempt: boolean): NextStep => ({
    status: 'pending',
    reason,
    nextRetryAt: new Date(now.getTime() + ms),
    countsAttempt,
  });
  switch (result.outcome) {
    case 'sent':
      return { status: 'sent', response: result.response };
    case 'permanent':
      return { status: 'failed', reason: result.reason };
    case 'unavailable':
      return retryIn(
        Math.max(SHORTEST_PAUSE_MS, result.retryAfterMs ?? TRANSPORT_PAUSE_MS),
        result.reason,
        false,
      );
    case 'unknown':
      if (policy.unknown === 'hold') return { status: 'unknown', reason: result.reason };
      break;
    case 'transient':
  }
  if (attempts >= maxAttempts)
    return { status: result.outcome === 'unknown' ? 'unknown' : 'failed', reason: result.reason };
  return retryIn(backoffDelay(attempts, policy.backoff, random), result.reason, true);
}
