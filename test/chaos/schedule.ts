import type { Random } from './random.ts';

/** Which fault happens when: drawn from the seed alone, before anything starts. */

/** The kinds of fault by the part they befall; a part has one at a time. */
export const FAULTS = {
  api: ['killed', 'frozen'],
  worker: ['killed', 'frozen', 'stopped', 'killed'],
  redis: [
    'killed',
    'killed and emptied',
    'wiped',
    'frozen',
    'out of memory',
    'connections dropped',
  ],
  postgres: ['crashed', 'connections dropped', 'refusing', 'hanging'],
  smtp: [
    'refusing',
    '421',
    '451',
    '550',
    'hanging',
    'dropping mid-body',
    'dropping after the final dot',
    'hanging after the final dot',
    'slow',
  ],
  cms: ['error', 'hang', 'garbage', 'gone', 'answer lost'],
  s3: ['error', 'hang', 'gone', 'answer lost'],
  chroma: ['error', 'hang', 'garbage', 'gone', 'answer lost'],
} as const;

export type FaultyPart = keyof typeof FAULTS;

export interface PlannedFault {
  part: FaultyPart;
  kind: string;
  /** Which of several like parts, from 0. */
  nth: number;
  /** Milliseconds after the start. */
  from: number;
  until: number;
}

/** A process that starts anew is away for seconds; the one API must be there in between. */
const REST_MS = { api: 9000, others: 3000 };

/** Part of the time in which faults come one at a time, before they come together. */
const SINGLY = 0.3;

/** Faults for a run of that many milliseconds, ordered by their start. */
export function planFaults(random: Random, durationMs: number, workers: number): PlannedFault[] {
  const parts = Object.keys(FAULTS) as FaultyPart[];
  const planned: PlannedFault[] = [];
  const decks = new Map<FaultyPart, string[]>();
  const draw = (part: FaultyPart, from: number, longest: number): PlannedFault => {
    const left = decks.get(part);
    const deck = left?.length ? left : random.shuffled(FAULTS[part]);
    const [kind = '', ...rest] = deck;
    decks.set(part, rest);
    const until = Math.min(durationMs, from + random.whole(400, longest));
    return { part, kind, nth: random.whole(0, workers - 1), from, until };
  };

  const together = durationMs * SINGLY;
  for (let at = random.whole(200, 800); at < together; ) {
    const fault = draw(random.pick(parts), at, 1500);
    planned.push(fault);
    at = fault.until + random.whole(100, 500);
  }
  for (const part of parts)
    for (let at = together + random.whole(0, 2500); at < durationMs; ) {
      const fault = draw(part, at, 3500);
      planned.push(fault);
      at = fault.until + random.whole(300, part === 'api' ? REST_MS.api : REST_MS.others);
    }
  return planned.sort((a, b) => a.from - b.from);
}
