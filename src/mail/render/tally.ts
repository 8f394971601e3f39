import type { Outcome, Plural } from '../locales/locale.ts';
import { PALETTE } from './palette.ts';
import type { Wording } from './wording.ts';

/** How many files ended in which way, as a sentence and as a bar. */

export type Counts = Record<Outcome, number>;

/** One part of the bar; `percent` is its share of the width. */
export interface TallyPart {
  outcome: Outcome;
  label: string;
  percent: number;
  colour: { ink: string; bar: string };
}

const ORDER: readonly Outcome[] = ['ready', 'failed', 'unfinished'];

/** "3 files are ready, 2 could not be processed". No files at all reads as none being ready. */
export function countSentence(
  wording: Wording,
  counts: Counts,
  first: Record<Outcome, Plural>,
  next: Record<Outcome, Plural>,
): string {
  const present = ORDER.filter((outcome) => counts[outcome] > 0);
  const [head = 'ready', ...rest] = present;
  return [
    wording.plural(first[head], counts[head]),
    ...rest.map((outcome) => wording.plural(next[outcome], counts[outcome])),
  ].join(', ');
}

/** Shares in whole percent, each big enough to be seen, together 100. */
export function tally(wording: Wording, counts: Counts): TallyPart[] {
  const present = ORDER.filter((outcome) => counts[outcome] > 0);
  const total = present.reduce((sum, outcome) => sum + counts[outcome], 0);
  const share = (outcome: Outcome) => Math.max(3, Math.floor((counts[outcome] / total) * 100));
  const shares = new Map(present.map((outcome) => [outcome, share(outcome)]));
  const largest = [...present].sort((a, b) => counts[b] - counts[a])[0];
  const rest = 100 - [...shares.values()].reduce((sum, percent) => sum + percent, 0);
  return present.map((outcome) => ({
    outcome,
    colour: PALETTE[outcome],
    label: wording.plural(wording.locale.files.short[outcome], counts[outcome]),
    percent: (shares.get(outcome) ?? 0) + (outcome === largest ? rest : 0),
  }));
}

/** The one outcome of a mail about a single file, else null. */
export function singleOutcome(counts: Counts): Outcome | null {
  const total = ORDER.reduce((sum, outcome) => sum + counts[outcome], 0);
  return total === 1 ? (ORDER.find((outcome) => counts[outcome] === 1) ?? null) : null;
}
