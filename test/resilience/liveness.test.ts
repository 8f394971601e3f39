import type { Worker } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { serveWorkerHealth } from '../../src/workers/health.ts';
import { type Progress, watchProgress } from '../../src/workers/progress.ts';
import { startWorkers } from '../../src/workers/start-workers.ts';
import { startSweeping } from '../../src/workers/sweep.ts';
import { freePort } from '../../stack/ports.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { type PrivateRedis, privateRedis } from './private-redis.ts';

/** Alive means progress: a worker that has gone deaf is restarted, one whose Redis is away is not. */

let redis: PrivateRedis;
let system: System;
let workers: Worker[];
let progress: Progress;
let sweeping: ReturnType<typeof startSweeping>;
let health: Awaited<ReturnType<typeof serveWorkerHealth>>;

beforeAll(async () => {
  redis = await privateRedis();
  const port = await freePort();
  const env = { REDIS_URL: redis.url, WORKER_HEALTH_PORT: String(port) };
  system = await startSystem({ workers: false, env });
});
afterAll(async () => {
  await system?.stop();
  await redis?.stop();
});

beforeEach(async () => {
  // Only the clock and the look at the queues are moved by hand; connections live in real time.
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
  progress = watchProgress(system.deps, ['corrections']);
  workers = startWorkers(system.deps, ['corrections'], progress);
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  sweeping = startSweeping(system.deps);
  health = await serveWorkerHealth(system.deps, workers, sweeping, progress);
});
afterEach(async () => {
  vi.useRealTimers();
  progress.stop();
  await sweeping.stop();
  await health.close();
  await Promise.all(workers.map((worker) => worker.close(true)));
});

const live = async () => (await fetch(`http://127.0.0.1:${health.port}/health/live`)).status;

/** Lets forty seconds pass on the watch, with time for each look to be answered. */
async function fortySeconds(): Promise<void> {
  for (let passed = 0; passed < 40; passed += 5) {
    await vi.advanceTimersByTimeAsync(5000);
    const looked = Date.now();
    await until('a sweep has ended', () => sweeping.lastSweepAt() >= looked, 15_000);
  }
}

const addJob = () =>
  system.deps.producer.queue('corrections').add('corrections', { correction_id: 2 ** 31 });

it('turns a deaf worker into 503, and takes it back once it hears again', async () => {
  await fortySeconds();
  expect(await live()).toBe(200);
  await workers[0]!.pause();
  await addJob();
  await fortySeconds();
  expect(await live()).toBe(503);
  expect(progress.deaf()).toEqual(['corrections']);
  workers[0]!.resume();
  await until('the job is taken', () => progress.deaf().length === 0);
  expect(await live()).toBe(200);
});

it('does not restart a process because Redis is away', async () => {
  await workers[0]!.pause();
  await addJob();
  await redis.kill();
  await until('the loss is noticed', () => system.deps.redis.status !== 'ready');
  await fortySeconds();
  expect(await live()).toBe(200);
  await redis.start();
});

it.each([
  ['full', ['config', 'set', 'maxmemory', 1], ['config', 'set', 'maxmemory', 0]],
  ['a replica', ['replicaof', '127.0.0.1', 1], ['replicaof', 'no', 'one']],
])('is not ready while Redis is %s, nor restarted for it', async (_what, hinder, restore) => {
  const ready = async () => (await fetch(`http://127.0.0.1:${health.port}/health/ready`)).status;
  await until('it is ready', async () => (await ready()) === 200);
  // A job nobody can take while Redis refuses to have it moved.
  await workers[0]?.pause();
  await addJob();
  await redis.command(...hinder);
  await workers[0]?.resume();
  try {
    await fortySeconds();
    expect([await live(), await ready()]).toEqual([200, 503]);
  } finally {
    await redis.command(...restore);
  }
  await until('it is ready again', async () => (await ready()) === 200);
});

it('does not mind an operator who pauses a queue, nor a request for nothing', async () => {
  await until('Redis is back', () => system.deps.redis.status === 'ready');
  await system.deps.producer.queue('corrections').pause();
  await addJob();
  await fortySeconds();
  expect(await live()).toBe(200);
  await system.deps.producer.queue('corrections').resume();
  expect((await fetch(`http://127.0.0.1:${health.port}//`)).status).toBe(404);
});
