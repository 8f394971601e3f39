import { parseArgs } from 'node:util';
import { startStack } from '../stack/stack.ts';
import { seededRandom } from '../test/chaos/random.ts';
import { type RunOptions, type RunResult, run } from './preferences/run.ts';
import { type Arrival, makePeople, makeWorkload, type Workload } from './preferences/workload.ts';

/**
 * What the cache of preferences spares the CMS, and that an hour without the CMS delays nobody's mail.
 * Real Postgres, Redis, SMTP and CMS, two processes; the clock is moved a minute at a time.
 * `npm run bench:preferences -- --events 10000 --people 500 --minutes 240 --changes 100 --seed 1`
 */

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    people: { type: 'string', default: '500' },
    minutes: { type: 'string', default: '240' },
    changes: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const size = {
  events: Number(values.events),
  minutes: Number(values.minutes),
  changes: Number(values.changes),
};
const outage = { from: Math.floor(size.minutes / 2) - 30, to: Math.floor(size.minutes / 2) + 30 };

const RUNS: Record<string, RunOptions & { arrival: Arrival; name: string }> = {
  on: { name: 'by the minute, webhooks on', arrival: 'by the minute', webhooks: true },
  off: { name: 'by the minute, webhooks off', arrival: 'by the minute', webhooks: false },
  outage: {
    name: 'by the minute, CMS away for an hour',
    arrival: 'by the minute',
    webhooks: true,
    outage,
  },
  often: { name: 'every ten seconds, webhooks on', arrival: 'every ten seconds', webhooks: true },
  scattered: { name: 'scattered, webhooks on', arrival: 'scattered', webhooks: true },
};

function workloadOf(arrival: Arrival, away: boolean): Workload {
  const random = seededRandom(values.seed);
  const people = makePeople(Number(values.people), random.fork('people'));
  // Nobody can change anything in a CMS that is away.
  const changes = away ? 0 : size.changes;
  return makeWorkload(people, { ...size, changes, arrival }, random.fork('events'));
}

const share = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;

const costs = (name: string, result: RunResult) => {
  const asked = result.by_user + result.bulk;
  return {
    run: name,
    events: result.accepted,
    batches: result.batches,
    'by-user': result.by_user,
    'bulk-get': result.bulk,
    questions: asked,
    'without a cache': result.cacheless,
    share: share(asked, result.cacheless),
    'people asked about': result.people,
  };
};

const delays = (name: string, result: RunResult) => ({
  run: name,
  reported: `${result.reported} of ${result.accepted}`,
  early: result.early,
  'slowest minute (s)': result.slowestMinute.toFixed(1),
  'slowest mail (s)': result.slowestMail.toFixed(1),
  'wrong settings': result.strange,
  ...result.sources,
});

const stack = await startStack({
  fresh: true,
  parts: ['postgres', 'redis', 'inbox'],
  log: (line) => process.stderr.write(`${line}\n`),
});
let faults = 0;
try {
  const results: [string, RunResult][] = [];
  for (const [key, { name, arrival, ...options }] of Object.entries(RUNS)) {
    if (values.only && !values.only.split(',').includes(key)) continue;
    const onMinute = (minute: number) =>
      minute % 60 === 0 && process.stderr.write(`${name}: minute ${minute}\n`);
    const workload = workloadOf(arrival, options.outage !== undefined);
    const result = await run(stack.env, workload, { ...options, onMinute });
    process.stderr.write(`${name}: ${result.seconds.toFixed(0)} s\n`);
    results.push([name, result]);
    faults += result.early + result.strange + result.accepted - result.reported;
  }
  console.table(results.map((one) => costs(...one)));
  console.table(results.map((one) => delays(...one)));
} finally {
  await stack.stop();
}
// Figures of a run that lost or delayed mail are worth nothing.
process.exitCode = faults > 0 ? 1 : 0;
