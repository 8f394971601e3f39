import type { Bench } from './bench.ts';
import type { Round } from './rounds.ts';

export type Bound = { atLeast: number } | { atMost: number };

export const within = (value: number, bound: Bound): boolean =>
  'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;

/** One line of the table. */
export interface Figure {
  /** Chosen with `--only`. */
  name: string;
  what: string;
  beside: string;
  unit: string;
  /** What the ratio of ours to the bare counterpart has to be; the value itself where there is none. */
  target: Bound;
  /** What `--guard` insists on, about half of what was reached; figures without one are left out. */
  guard?: { ratio?: Bound; cpuAtMost?: number };
  measure(bench: Bench): Promise<Measured>;
}

export interface Measured {
  rounds: Round[];
  /** CPU seconds the two processes took for one unit, which a busy machine changes less than speed. */
  cpu?: Round;
  /** What else was seen, such as a latency, in words. */
  notes?: string[];
}

/** A claim that was looked at after measuring. @throws naming it where it does not hold */
export function holds(claim: string, truth: boolean): void {
  if (!truth) throw new Error(`measured in vain: ${claim} does not hold`);
}
