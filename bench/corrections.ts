import { parseArgs } from 'node:util';
import { openBench } from './bench.ts';
import { correctionFigures } from './corrections/measure.ts';
import { machineFacts } from './machine.ts';
import { type Line, lineOf, tableOf } from './table.ts';

/**
 * Entry of `npm run bench:corrections`: failed files corrected by real workers on Postgres, Redis, S3,
 * Chroma and the built-in CMS, beside bare loops of the same deletes in the same run. `--files` in all
 * (100,000), spread over `--rounds` (5), after a smaller one that is not counted; `--only s3,chroma,cms,all`
 * picks figures.
 *
 * The S3 server is s3rver, which deletes one file of a folder after the other: its figure is about how
 * little Tidings adds, not about S3.
 */

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: 's3,chroma,cms,all' },
    profile: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const figures = correctionFigures(Math.ceil(Number(values.files) / rounds));
const names = values.only.split(',');
const log = (line: string) => process.stderr.write(`${line}\n`);
const bench = await openBench({
  short: false,
  profileDir: values.profile,
  parts: ['postgres', 'redis', 'chroma', 's3', 'cms'],
  log,
});
const lines: Line[] = [];
try {
  for (const figure of figures.filter(({ name }) => names.includes(name))) {
    const line = lineOf(figure, await figure.measure({ ...bench, rounds }));
    lines.push(line);
    log(`${figure.name}: ${line.ratio.toFixed(2)}`);
  }
} finally {
  await bench.close();
}
console.log(`${tableOf(lines)}\n\n${JSON.stringify({ machine: machineFacts(), figures: lines })}`);
process.exit();
