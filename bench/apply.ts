import { openBacklog } from './backlog.ts';
import type { EmptyJobs } from './bare/empty-jobs.ts';
import type { Bench } from './bench.ts';
import { type Figure, holds, type Measured } from './figure.ts';
import { startHelper } from './helper.ts';
import { alternate } from './rounds.ts';

/** Applying beside the queue's own speed: what BullMQ can do with jobs that do nothing. */

const CONCURRENCIES = [1, 10, 50, 100, 200];

async function measureApply(bench: Bench): Promise<Measured> {
  const env = await bench.freshEnv();
  const backlog = openBacklog(env);
  const empty = startHelper<EmptyJobs, { perSecond: number }>(
    new URL('bare/empty-jobs.ts', import.meta.url),
  );
  const worker = await bench.start('workers/main.js', env, ['--queues=file-events']);
  const events = bench.short ? 8000 : 50_000;
  const jobs = bench.short ? 4000 : 30_000;
  try {
    const emptyJobs = async (concurrency: number) => {
      const order = { redisUrl: env.REDIS_URL!, prefix: 'empty', jobs, concurrency };
      return (await empty.ask(order)).perSecond;
    };
    let [best, bestSpeed] = [0, 0];
    for (const concurrency of CONCURRENCIES) {
      const speed = await emptyJobs(concurrency);
      if (speed > bestSpeed) [best, bestSpeed] = [concurrency, speed];
    }
    let filled = 0;
    const apply = async () => {
      await backlog.fill(events);
      filled += events;
      return events / (await backlog.drain());
    };
    const rounds = await alternate(bench.rounds, apply, () => emptyJobs(best));
    const [books] = await backlog.sql<{ lines: number; closed: number; mails: number }[]>`
      select (select sum(event_count)::int from batch_files) as lines,
        (select count(*) from batch_processing_sessions where status <> 'processing') as closed,
        (select count(*) from email_notification_log) as mails`;
    holds('every event stands in a line', books?.lines === filled);
    holds('every closed batch has its mail', books?.closed === books?.mails && books!.mails > 0);
    return { rounds, notes: [`best concurrency ${best}`, `${books?.mails} batches closed`] };
  } finally {
    empty.stop();
    await worker.stop();
    await backlog.close();
  }
}

export const applyRate: Figure = {
  name: 'apply',
  what: 'events applied per second, one worker process',
  beside: 'BullMQ, empty jobs, best concurrency, one process',
  unit: '/s',
  target: { atLeast: 2 },
  guard: { ratio: { atLeast: 0.45 } },
  measure: measureApply,
};
