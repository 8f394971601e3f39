import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { byUser } from '../cms/contract/answers.ts';
import { startStack } from '../stack/stack.ts';
import { answersPerSecond, open, type Target } from './cms/load.ts';
import { everybody, fill, WORKLOADS } from './cms/people.ts';

/**
 * Entry of `npm run bench:cms`: what the two CMSs answer per second, one process each, on the same
 * Postgres, with the same data. Rounds alternate, so that what else the machine does hits both alike;
 * medians are compared.
 */

const ROUNDS = 5;
const LOAD = { seconds: 2, connections: 32 };
const SETTLE_MS = 200;

const log = (line: string) => console.error(`  ${line}`);
// As fast as it can: the usual limit of requests would be met within a minute.
const env = { ...process.env, CMS_RATE_LIMIT_MAX: '0' };
const parts = await startStack({ fresh: true, parts: ['postgres', 'cms'], env, log });
const toStop = [parts.stop];

async function startBoth(): Promise<Record<'builtin' | 'strapi', Target>> {
  const { DATABASE_URL: database = '', CMS_API_URL = '', CMS_API_TOKEN: token = '' } = parts.env;
  const other = new URL(database);
  other.pathname = '/tidings_strapi';
  const sql = postgres(database, { max: 1 });
  await sql`create database tidings_strapi`.finally(() => sql.end());
  const strapi = await startStack({
    fresh: true,
    cms: 'strapi',
    parts: ['postgres', 'cms'],
    // Nobody is told of changes, by either: nobody listens, and only reading is measured.
    env: {
      ...env,
      DATABASE_URL: database,
      CMS_DATABASE_URL: other.href,
      CMS_API_URL: '',
      CMS_API_TOKEN: token,
      INGESTION_SERVICE_WEBHOOK_URL: '',
    },
    log,
  });
  toStop.unshift(strapi.stop);
  return {
    builtin: { url: CMS_API_URL, token },
    strapi: { url: strapi.env.CMS_API_URL ?? '', token },
  };
}

/** What a CMS says about everybody, without the ids that are its own. */
async function saidByAll(target: Target): Promise<string[]> {
  const { ask, close } = await open(target);
  const said: string[] = [];
  for (const question of everybody) {
    const { data, fallback_applied } = byUser.parse(JSON.parse(await ask(question)));
    const { id: _id, documentId: _documentId, ...rest } = data;
    said.push(JSON.stringify([Object.entries(rest).sort(), fallback_applied]));
  }
  close();
  return said;
}

/** @throws where the two do not answer the same about everybody */
async function compareAnswers(one: Target, other: Target): Promise<void> {
  const [ours, theirs] = [await saidByAll(one), await saidByAll(other)];
  const different = ours.findIndex((answer, index) => answer !== theirs[index]);
  if (different >= 0)
    throw new Error(`the CMSs disagree: ${ours[different]} and ${theirs[different]}`);
}

const median = (numbers: number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

async function measure(targets: Record<'builtin' | 'strapi', Target>) {
  const rows = [];
  for (const [workload, next] of Object.entries(WORKLOADS)) {
    const rates = { builtin: [] as number[], strapi: [] as number[] };
    // The first round warms both up and does not count.
    for (let round = 0; round <= ROUNDS; round += 1)
      for (const name of round % 2
        ? (['strapi', 'builtin'] as const)
        : (['builtin', 'strapi'] as const)) {
        const rate = await answersPerSecond(targets[name], next, LOAD);
        if (round > 0) rates[name].push(rate);
        await pause(SETTLE_MS);
      }
    const [builtin, strapi] = [median(rates.builtin), median(rates.strapi)];
    // Of each pair, because what else the machine does changes from round to round.
    const ratio = median(rates.builtin.map((rate, round) => rate / (rates.strapi[round] ?? 0)));
    rows.push({ workload, builtin, strapi, ratio, rounds: rates });
    log(`${workload}: measured`);
  }
  return rows;
}

try {
  const targets = await startBoth();
  await Promise.all(Object.values(targets).map(fill));
  await compareAnswers(targets.builtin, targets.strapi);
  const rows = await measure(targets);
  console.table(
    Object.fromEntries(
      rows.map(({ workload, builtin, strapi, ratio }) => [
        workload,
        {
          'built-in, requests/s': Math.round(builtin),
          'Strapi, requests/s': Math.round(strapi),
          ratio: Number(ratio.toFixed(1)),
        },
      ]),
    ),
  );
  console.log(JSON.stringify({ ...LOAD, rounds: ROUNDS, node: process.version, rows }));
} finally {
  for (const stop of toStop) await stop();
}
