import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Worker } from 'bullmq';
import { probeDatabase } from '../db/client.ts';
import type { Deps } from '../deps.ts';
import { probeRedis } from '../queues/connection.ts';
import type { Progress } from './progress.ts';

/** Sweeps that may be missed before the process counts as stuck. */
const MISSED_SWEEPS = 6;
const GRACE_MS = 30_000;

/**
 * `/health/live`, `/health/ready` and `/metrics` of a worker process. Alive means progress: sweeps come
 * to an end, and no worker has gone deaf while jobs wait. A dependency that is down is no reason to
 * restart; it shows in ready.
 * @returns the port it listens on (0 where the server is off) and how to close it
 */
export async function serveWorkerHealth(
  deps: Deps,
  workers: Worker[],
  sweeping: { lastSweepAt(): number },
  progress: Progress,
): Promise<{ port: number; close(): Promise<void> }> {
  const { WORKER_HEALTH_PORT, LISTEN_HOST, SWEEP_INTERVAL_SECONDS } = deps.config;
  if (WORKER_HEALTH_PORT === 0) return { port: 0, close: async () => {} };
  const stuckAfter = SWEEP_INTERVAL_SECONDS * 1000 * MISSED_SWEEPS + GRACE_MS;
  const routes: Record<string, () => Promise<[number, string, string]>> = {
    '/health/live': async () => {
      const deaf = progress.deaf();
      const alive = deaf.length === 0 && Date.now() - sweeping.lastSweepAt() < stuckAfter;
      return [alive ? 200 : 503, 'application/json', JSON.stringify({ alive, deaf })];
    },
    '/health/ready': async () => {
      const ready =
        workers.length > 0 &&
        workers.every((worker) => worker.isRunning()) &&
        (await answers(deps));
      return [ready ? 200 : 503, 'application/json', JSON.stringify({ ready })];
    },
    '/metrics': async () => [
      200,
      deps.metrics.register.contentType,
      await deps.metrics.register.metrics(),
    ],
  };
  const server = createServer((request, response) => {
    const route = routes[(request.url ?? '/').split('?')[0] ?? '/'];
    const answer = route ? route() : Promise.resolve([404, 'text/plain', 'not found'] as const);
    answer
      .catch((error: unknown) => [503, 'text/plain', String(error)] as const)
      .then(([status, type, body]) => {
        response.writeHead(status, { 'content-type': type }).end(body);
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: WORKER_HEALTH_PORT, host: LISTEN_HOST }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function answers({ config, db, redis }: Deps): Promise<boolean> {
  const replies = await Promise.allSettled([
    probeRedis(redis, config.QUEUE_PREFIX),
    probeDatabase(db.sql),
  ]);
  return replies.every((reply) => reply.status === 'fulfilled');
}
