import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type Backlog, openBacklog } from './backlog.ts';
import type { Bench } from './bench.ts';
import { type Figure, holds, type Measured } from './figure.ts';
import { numberedEvent } from './load/bodies.ts';

/** What open batches take in Redis, and how fast their alarms are back after Redis was wiped. */

const ALARMS = 100_000;
const ALARMS_IN_SHORT = 10_000;
/** Enough that what a queue keeps once, such as its last 10,000 events, tells little. */
const BATCHES_IN_SHORT = 30_000;
const BYTES_LIMIT = 1024;
const SECONDS_LIMIT = 60;

async function openBatches(bench: Bench, due: string, alarms: number) {
  const env = await bench.freshEnv();
  const backlog = openBacklog(env);
  await backlog.sql`
    insert into batch_processing_sessions (company_id, bot_id, user_email, batch_start_time, due_at,
      user_preferences_snapshot, preferences_source, preferences_compare_at)
    select 1, 1, 'p' || n || '@example.com', now(), now() + ${due}::interval,
      '{"batch_size_threshold": 5, "notification_delay_minutes": 30}', 'cms',
      -- Otherwise the CMS would be asked about them, and their alarms set anew one by one.
      now() + interval '1 hour'
    from generate_series(1, ${alarms}::int) n`;
  return { env, backlog, redis: new Redis(env.REDIS_URL!) };
}

async function raiseAlarms({ sql, producer }: Backlog): Promise<void> {
  const rows = await sql<{ batch_id: string; due_at: Date }[]>`
    select batch_id, due_at from batch_processing_sessions`;
  for (let from = 0; from < rows.length; from += 1000)
    await producer.raise(
      'batch-close',
      rows
        .slice(from, from + 1000)
        .map(({ batch_id, due_at }) => ({ payload: { batch_id }, at: due_at })),
    );
}

async function measureBytes(bench: Bench): Promise<Measured> {
  const alarms = bench.short ? BATCHES_IN_SHORT : ALARMS;
  const { backlog, redis } = await openBatches(bench, '1 hour', alarms);
  const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  try {
    const before = await used();
    await raiseAlarms(backlog);
    const perBatch = ((await used()) - before) / alarms;
    return { rounds: [{ ours: perBatch, bare: BYTES_LIMIT }], notes: [`${alarms} open batches`] };
  } finally {
    redis.disconnect();
    await backlog.close();
  }
}

async function measureRebuild(bench: Bench): Promise<Measured> {
  const alarms = bench.short ? ALARMS_IN_SHORT : ALARMS;
  const { env, backlog, redis } = await openBatches(bench, '-1 second', alarms);
  // The worker sweeps, as each does; alarms stay where they are because nobody takes them.
  const [api, worker] = await Promise.all([
    bench.start('api/server.js', env),
    bench.start('workers/main.js', env, ['--queues=cms-write-back']),
  ]);
  let slowest = 0;
  let next = 0;
  const push = async () => {
    const began = performance.now();
    const response = await fetch(`http://127.0.0.1:${api.port}/api/file-events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${env.INGESTION_SERVICE_API_KEY}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(numberedEvent('rebuild', next++)),
    });
    holds('intake answers 202 meanwhile', response.status === 202);
    slowest = Math.max(slowest, performance.now() - began);
  };
  try {
    const queue = backlog.queue('batch-close');
    const inRedis = async () => {
      const { waiting = 0, delayed = 0, prioritized = 0 } = await queue.getJobCounts();
      return waiting + delayed + prioritized;
    };
    while ((await inRedis()) < alarms) await pause(100);
    await redis.flushall();
    const began = performance.now();
    while ((await inRedis()) < alarms) {
      await push();
      await pause(50);
    }
    const seconds = (performance.now() - began) / 1000;
    return {
      rounds: [{ ours: seconds, bare: SECONDS_LIMIT }],
      notes: [
        `${alarms} alarms`,
        `${next} events accepted meanwhile, slowest ${slowest.toFixed(0)} ms`,
      ],
    };
  } finally {
    await worker.stop();
    await api.stop();
    redis.disconnect();
    await backlog.close();
  }
}

export const redisBytes: Figure = {
  name: 'redis-bytes',
  what: 'Redis bytes per open batch',
  beside: 'the limit',
  unit: 'B',
  target: { atMost: 1 },
  measure: measureBytes,
};

export const redisRebuild: Figure = {
  name: 'rebuild',
  what: 'rebuild of 100,000 alarms after a wipe, intake answering',
  beside: 'the limit',
  unit: 's',
  target: { atMost: 1 },
  measure: measureRebuild,
};
