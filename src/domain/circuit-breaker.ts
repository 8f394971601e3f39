/**
 * When a dependency that fails may be asked again. Pure: the state goes in, the next state comes out,
 * the clock is an argument. All times are in milliseconds of one monotonic clock.
 */

export interface CircuitPolicy {
  /** So many failures in a row open the circuit; a time-out opens it at once. */
  failuresToOpen: number;
  /** How long nothing is asked after the circuit opened, and how long a probe may take. */
  openMs: number;
}

export interface Circuit {
  state: 'closed' | 'open' | 'half-open';
  /** Failures in a row while closed. */
  failures: number;
  /** Not closed: the next probe is allowed from here on. */
  retryAt: number;
  /** Grows with every change of state; an answer to a question of an older epoch says nothing new. */
  epoch: number;
}

/** What became of a question. */
export type Outcome = 'answered' | 'failed' | 'timed-out';

export const CLOSED_CIRCUIT: Circuit = { state: 'closed', failures: 0, retryAt: 0, epoch: 0 };

/**
 * May one more question be asked now? A closed circuit admits all, any other one probe per `openMs`;
 * so a probe whose outcome is never reported does not keep the circuit shut for ever.
 * @returns the answer, and the circuit to go on with; its `epoch` belongs to the question
 */
export function admit(
  circuit: Circuit,
  now: number,
  { openMs }: CircuitPolicy,
): { admitted: boolean; circuit: Circuit } {
  if (circuit.state === 'closed') return { admitted: true, circuit };
  if (now < circuit.retryAt) return { admitted: false, circuit };
  const probing = { state: 'half-open', retryAt: now + openMs, epoch: circuit.epoch + 1 } as const;
  return { admitted: true, circuit: { ...circuit, ...probing } };
}

/**
 * Takes in the outcome of a question that was admitted.
 * @param epoch the circuit's epoch when the question was admitted
 */
export function settle(
  circuit: Circuit,
  epoch: number,
  outcome: Outcome,
  now: number,
  { failuresToOpen, openMs }: CircuitPolicy,
): Circuit {
  if (epoch !== circuit.epoch) return circuit;
  if (outcome === 'answered') {
    if (circuit.state === 'closed') return circuit.failures ? { ...circuit, failures: 0 } : circuit;
    return { ...CLOSED_CIRCUIT, epoch: epoch + 1 };
  }
  const failures = circuit.failures + 1;
  const opens =
    circuit.state === 'half-open' || outcome === 'timed-out' || failures >= failuresToOpen;
  if (!opens) return { ...circuit, failures };
  return { state: 'open', failures, retryAt: now + openMs, epoch: epoch + 1 };
}
