import { admit, type CircuitPolicy, CLOSED_CIRCUIT, settle } from '../../domain/circuit-breaker.ts';
import type { TakePlaces } from '../../domain/rate-limits.ts';
import type { SendOutcome, Transport } from './transport.ts';

/** Five attempts in a row that the server was to blame for, or one that took all its time. */
export const MAIL_CIRCUIT: CircuitPolicy = { failuresToOpen: 5, openMs: 10_000 };

export interface Guard {
  circuit: CircuitPolicy;
  takePlaces: TakePlaces;
  /** Monotonic enough, in milliseconds. */
  now: () => number;
}

/**
 * A transport that is left alone while it is in trouble, and is never given more than its limits allow.
 * What it says about single mails does not count as trouble. Both answers are `unavailable`, with the
 * time after which it makes sense to ask again.
 */
export function guarded(
  transport: Transport,
  { circuit: policy, takePlaces, now }: Guard,
): Transport {
  let circuit = CLOSED_CIRCUIT;

  function open(): SendOutcome {
    const retryAfterMs = Math.max(1, circuit.retryAt - now());
    return { outcome: 'unavailable', reason: 'failed repeatedly and rests', retryAfterMs };
  }

  return {
    ...transport,
    async send(mail, options) {
      // Asked twice: a resting transport uses up no place, and no probe is spent on waiting for one.
      if (!admit(circuit, now(), policy).admitted) return open();
      const { taken, waitMs: retryAfterMs } = await takePlaces(1);
      if (taken === 0)
        return { outcome: 'unavailable', reason: 'has reached its rate limit', retryAfterMs };
      const asked = admit(circuit, now(), policy);
      if (!asked.admitted) return open();
      circuit = asked.circuit;
      const { epoch } = asked.circuit;
      const result = await transport.send(mail, options);
      const trouble = 'trouble' in result ? result.trouble : undefined;
      const unheard = options.signal?.aborted || ('inLine' in result && result.inLine);
      if (trouble || !unheard)
        circuit = settle(circuit, epoch, trouble ?? 'answered', now(), policy);
      return result;
    },
  };
}
