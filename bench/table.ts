import type { Figure, Measured } from './figure.ts';
import { median } from './rounds.ts';

/** A measured figure as it is printed. */
export interface Line {
  name: string;
  what: string;
  beside: string;
  unit: string;
  ours: number;
  bare: number;
  /** Median of the rounds' ratios. */
  ratio: number;
  target: string;
  met: boolean;
  notes: string[];
  rounds: Measured['rounds'];
}

export function lineOf(figure: Figure, { rounds, notes = [] }: Measured): Line {
  const { name, what, beside, unit, target } = figure;
  const ratio = median(rounds.map(({ ours, bare }) => ours / bare));
  return {
    name,
    what,
    beside,
    unit,
    ours: median(rounds.map(({ ours }) => ours)),
    bare: median(rounds.map(({ bare }) => bare)),
    ratio,
    target: 'atLeast' in target ? `>= ${target.atLeast}` : `<= ${target.atMost}`,
    met: 'atLeast' in target ? ratio >= target.atLeast : ratio <= target.atMost,
    notes,
    rounds,
  };
}

const figureOf = (value: number) =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);

/** The lines as a Markdown table. */
export function tableOf(lines: Line[]): string {
  const rows = lines.map((line) => [
    line.what,
    `${figureOf(line.ours)} ${line.unit}`,
    line.beside,
    `${figureOf(line.bare)} ${line.unit}`,
    line.ratio.toFixed(2),
    line.target,
    line.met ? 'met' : 'missed',
    line.notes.join('; '),
  ]);
  const head = ['figure', 'ours', 'beside', 'bare', 'ratio', 'target', '', 'also seen'];
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
