import { parseArgs } from 'node:util';
import { auditFilled } from './audit.ts';
import { openBench } from './bench.ts';
import { clearFilled } from './clear.ts';
import { figures } from './figures.ts';
import { machineFacts } from './machine.ts';
import { broken, type Line, lineOf, tableOf } from './table.ts';

/**
 * Entry of `npm run bench`: measures every figure beside its bare counterpart and prints the table.
 * `--short` takes some two minutes on two cores, `--only a,b` picks figures by name, `--json` prints JSON alone,
 * `--guard` measures the guarded figures and fails where one is far below what it was,
 * `--profile dir` leaves a CPU profile of each process of Tidings there.
 */

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    profile: { type: 'string' },
    guard: { type: 'boolean', default: false },
  },
});
const usual = figures.filter((figure) => figure.guard || !values.guard);
const names = values.only?.split(',') ?? usual.map((figure) => figure.name);
const unknown = names.filter((name) => !figures.some((figure) => figure.name === name));
if (unknown.length > 0) {
  const known = figures.map((figure) => figure.name).join(', ');
  console.error(`There is no figure ${unknown.join(', ')}; there are ${known}.`);
  process.exit(2);
}

const log = (line: string) => process.stderr.write(`${line}\n`);
const bench = await openBench({ short: values.short, profileDir: values.profile, log });
const lines: Line[] = [];
const complaints: string[] = [];
try {
  for (const figure of figures.filter(({ name }) => names.includes(name))) {
    const began = performance.now();
    const line = lineOf(figure, await figure.measure(bench));
    lines.push(line);
    if (values.guard) complaints.push(...broken(figure, line));
    const used = bench.usedEnvs();
    const counts = await Promise.all(used.map((env) => auditFilled(bench, env)));
    const audited = counts.reduce((sum, count) => sum + count, 0);
    const took = `after ${secondsSince(began)} s, ${audited} events audited`;
    log(`${figure.name}: ${line.ratio.toFixed(2)} ${took}`);
    await clearFilled(used);
  }
} finally {
  await bench.close();
}
const report = { machine: machineFacts(), short: values.short, figures: lines };
if (values.json) console.log(JSON.stringify(report, null, 2));
else console.log(`${tableOf(lines)}\n\n${JSON.stringify(report)}`);
for (const complaint of complaints) log(`too slow: ${complaint}`);
process.exit(complaints.length > 0 ? 1 : 0);

function secondsSince(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(0);
}
