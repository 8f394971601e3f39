import { admit, type CircuitPolicy, CLOSED_CIRCUIT, settle } from '../domain/circuit-breaker.ts';
import { StoreError } from './store-error.ts';

/** Stands between callers and a dependency that may be down, so that nobody waits for a dead one. */
export interface Guard {
  /** The answer, or undefined when there was none or nothing was asked because the circuit is open. */
  ask<T>(question: () => Promise<T>): Promise<T | undefined>;
  state(): { circuit: 'closed' | 'open' | 'half-open'; failures: number };
}

/** @param now milliseconds of a monotonic clock */
export function circuitGuard(policy: CircuitPolicy, now: () => number): Guard {
  let circuit = CLOSED_CIRCUIT;
  let failures = 0;
  return {
    async ask(question) {
      const asked = admit(circuit, now(), policy);
      circuit = asked.circuit;
      if (!asked.admitted) return undefined;
      const { epoch } = circuit;
      try {
        const answer = await question();
        circuit = settle(circuit, epoch, 'answered', now(), policy);
        return answer;
      } catch (error) {
        failures += 1;
        const outcome = tookTooLong(error) ? 'timed-out' : 'failed';
        circuit = settle(circuit, epoch, outcome, now(), policy);
        return undefined;
      }
    },
    state: () => ({ circuit: circuit.state, failures }),
  };
}

function tookTooLong(error: unknown): boolean {
  if (error instanceof StoreError) return error.timedOut;
  return error instanceof Error && error.name === 'TimeoutError';
}
