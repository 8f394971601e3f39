import { randomInt } from 'node:crypto';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type Happened, injectAll } from './inject.ts';
import { type Producer, startProducer } from './producer.ts';
import { seededRandom } from './random.ts';
import { report } from './report.ts';
import { planFaults } from './schedule.ts';
import { bringBatchesDue, settle } from './settle.ts';
import { type ChaosFile, planFiles, planRequests } from './stories.ts';
import { checkBooks, readAudit } from './verify/books.ts';
import { checkStates, checkStores } from './verify/files.ts';
import { checkMails, describeFault } from './verify/mails.ts';
import { allReady, startWorld, WORKER_COUNT, type World } from './world.ts';

/**
 * Faults everywhere while hundreds of people have files ingested; afterwards every promise must hold.
 * `CHAOS_SEED` chooses the run, `CHAOS_SECONDS` how long the faults go on.
 */

const SEED = process.env.CHAOS_SEED ?? String(randomInt(1e9));
const SECONDS = Number(process.env.CHAOS_SECONDS ?? 40);
const USERS = 300;
const SHOWN = 25;
const say = (line: string) => process.stderr.write(`${line}\n`);

it(
  'keeps its promises while everything fails',
  async () => {
    say(`chaos: CHAOS_SEED=${SEED} CHAOS_SECONDS=${SECONDS} npm run test:chaos`);
    const random = seededRandom(SEED);
    const duration = SECONDS * 1000;
    const files = planFiles(random.fork('files'), USERS, duration, Date.now() - 7_200_000);
    const requests = planRequests(random.fork('requests'), files, duration);
    const faults = planFaults(random.fork('faults'), duration, WORKER_COUNT);
    const world = await startWorld(say);
    const happened: Happened[] = [];
    try {
      await world.leftovers.put(files.filter((file) => file.stored));
      const producer = startProducer(`${world.apiUrl}/api/file-events`, world.keys.producer);
      const start = Date.now();
      const storm = new AbortController();
      const clock = bringBatchesDue(world, storm.signal);
      const told = tellAll(world, producer, files, requests, start);
      await injectAll(world, faults, random.fork('victims'), happened);
      storm.abort();
      await allReady([world.api, ...world.workers]);
      await Promise.all([told, clock]);
      say(`chaos: the faults are over after ${seconds(start)} s`);
      await settle(world);
      say(`chaos: at rest after ${seconds(start)} s`);

      const audit = await readAudit(world);
      const stores = { emptied: 0, kept: 0, conflicts: 0, toldLate: 0 };
      const problems = [
        ...[world.api, ...world.workers].flatMap((process) => process.lapses),
        ...(await checkBooks(world, producer, audit)),
        ...(await checkMails(world, happened)),
        ...(await checkStates(world, files)),
        ...(await checkStores(world, files, producer, stores)),
      ];
      for (const line of await report(world, { happened, producer, audit, stores })) say(line);
      expect(problems.slice(0, SHOWN), `${problems.length} promises broken`).toEqual([]);
    } catch (error) {
      await explain(world, happened);
      throw error;
    } finally {
      await world.stop();
    }
  },
  (SECONDS + 240) * 1000,
);

/** Every producer tells what it has to tell until it is accepted. */
async function tellAll(
  world: World,
  producer: Producer,
  files: ChaosFile[],
  requests: ReturnType<typeof planRequests>,
  start: number,
): Promise<void> {
  const after = (at: number) => pause(Math.max(0, start + at - Date.now()));
  await Promise.all([
    ...requests.map(async (request) => {
      await after(request.at);
      await producer.push(request);
    }),
    ...files.map(async (file) => {
      if (!file.recovery) return;
      const { at, announce, complete } = file.recovery;
      await after(at);
      await producer.push({ events: [announce], givesUpAfter: null });
      await world.leftovers.put([file]);
      await producer.push({ events: [complete], givesUpAfter: null });
    }),
  ]);
}

/** What to look at when the run failed: all faults in order, and the logs, kept. */
async function explain(world: World, happened: Happened[]): Promise<void> {
  const logs = join(tmpdir(), `tidings-chaos-${SEED}`);
  await cp(world.logs, logs, { recursive: true });
  for (const fault of happened) say(`  ${describeFault(fault)}`);
  say(`chaos: failed; logs are in ${logs}`);
  say(`chaos: again with CHAOS_SEED=${SEED} CHAOS_SECONDS=${SECONDS} npm run test:chaos`);
}

const seconds = (since: number) => ((Date.now() - since) / 1000).toFixed(1);
