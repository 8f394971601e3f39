import { type Bound, type Figure, type Measured, within } from './figure.ts';
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
  /** How much more CPU ours takes for one unit, where that was measured. */
  cpuRatio?: number;
  rounds: Measured['rounds'];
}

export function lineOf(figure: Figure, { rounds, notes = [], cpu }: Measured): Line {
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
    target: words(target),
    met: within(ratio, target),
    notes,
    ...(cpu && { cpuRatio: cpu.ours / cpu.bare }),
    rounds,
  };
}

const words = (bound: Bound) => ('atLeast' in bound ? `>= ${bound.atLeast}` : `<= ${bound.atMost}`);

/** What a figure's guard has to say of its line; nothing when all is well. */
export function broken({ guard = {} }: Figure, line: Line): string[] {
  const found: string[] = [];
  if (guard.ratio && !within(line.ratio, guard.ratio))
    found.push(`${line.name}: ratio ${line.ratio.toFixed(2)}, not ${words(guard.ratio)}`);
  const { cpuRatio } = line;
  if (guard.cpuAtMost !== undefined && cpuRatio !== undefined && cpuRatio > guard.cpuAtMost)
    found.push(`${line.name}: CPU ratio ${cpuRatio.toFixed(2)}, not <= ${guard.cpuAtMost}`);
  return found;
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
