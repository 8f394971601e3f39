import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admit, type Circuit, CLOSED_CIRCUIT, type Outcome, settle } from './circuit-breaker.ts';

const policy = { failuresToOpen: 3, openMs: 5_000 };

/** Asks once at `now` and reports `outcome` at once. */
function askOnce(circuit: Circuit, now: number, outcome: Outcome) {
  const asked = admit(circuit, now, policy);
  if (!asked.admitted) return asked;
  const next = settle(asked.circuit, asked.circuit.epoch, outcome, now, policy);
  return { admitted: true, circuit: next };
}

const waits = fc.integer({ min: 0, max: 8_000 });
const outcomes = fc.constantFrom<Outcome>('answered', 'failed', 'timed-out');

describe('circuit breaker', () => {
  it('opens after three failures in a row, and not when an answer came between', () => {
    const stateAfter = (...list: Outcome[]) =>
      list.reduce((circuit, outcome) => askOnce(circuit, 0, outcome).circuit, CLOSED_CIRCUIT).state;
    expect(stateAfter('failed', 'failed')).toBe('closed');
    expect(stateAfter('failed', 'failed', 'failed')).toBe('open');
    expect(stateAfter('failed', 'failed', 'answered', 'failed', 'failed')).toBe('closed');
    expect(stateAfter('timed-out')).toBe('open');
  });

  it('stays open after one failed probe, however few failures opened it', () => {
    const open = askOnce(CLOSED_CIRCUIT, 0, 'timed-out').circuit;
    const failed = askOnce(open, 5_000, 'failed').circuit;
    expect(failed).toMatchObject({ state: 'open', retryAt: 10_000 });
    expect(admit(failed, 9_999, policy).admitted).toBe(false);
  });

  it('lets exactly one probe through when the window is over', () => {
    const open = askOnce(CLOSED_CIRCUIT, 0, 'timed-out').circuit;
    expect(admit(open, 4_999, policy).admitted).toBe(false);
    const probe = admit(open, 5_000, policy);
    expect(probe.admitted).toBe(true);
    expect(admit(probe.circuit, 5_001, policy).admitted).toBe(false);
    const closed = settle(probe.circuit, probe.circuit.epoch, 'answered', 5_002, policy);
    expect(closed.state).toBe('closed');
    expect(admit(closed, 5_002, policy).admitted).toBe(true);
  });

  it('allows another probe when the first one never reports, and ignores it when it does', () => {
    const open = askOnce(CLOSED_CIRCUIT, 0, 'timed-out').circuit;
    const lost = admit(open, 5_000, policy).circuit;
    const second = admit(lost, 10_000, policy);
    expect(second.admitted).toBe(true);
    expect(settle(second.circuit, lost.epoch, 'failed', 10_001, policy)).toBe(second.circuit);
  });

  it('ignores what was asked before the last change of state', () => {
    const early = admit(CLOSED_CIRCUIT, 0, policy).circuit.epoch;
    const open = askOnce(CLOSED_CIRCUIT, 1, 'timed-out').circuit;
    expect(settle(open, early, 'answered', 2, policy)).toBe(open);
    expect(settle(open, early, 'timed-out', 4_000, policy).retryAt).toBe(5_001);
  });

  it('of a dead dependency, no window sees more than one time-out', () => {
    fc.assert(
      fc.property(fc.array(waits, { maxLength: 60 }), (gaps) => {
        let circuit = CLOSED_CIRCUIT;
        let now = 0;
        const admitted: number[] = [];
        for (const gap of gaps) {
          now += gap;
          const asked = askOnce(circuit, now, 'timed-out');
          if (asked.admitted) admitted.push(now);
          circuit = asked.circuit;
        }
        expect(admitted.every((at, i) => i === 0 || at - admitted[i - 1]! >= policy.openMs)).toBe(
          true,
        );
      }),
    );
  });

  it('whatever happened, it admits within one window and one answer closes it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(waits, outcomes), { maxLength: 60 }), (history) => {
        let circuit = CLOSED_CIRCUIT;
        let now = 0;
        for (const [gap, outcome] of history) {
          now += gap;
          circuit = askOnce(circuit, now, outcome).circuit;
        }
        const recovered = askOnce(circuit, now + policy.openMs, 'answered');
        expect(recovered.admitted).toBe(true);
        expect(recovered.circuit).toMatchObject({ state: 'closed', failures: 0 });
      }),
    );
  });
});
