import { createServer } from 'node:http';
import type { Worker } from 'bullmq';
import { createApp } from '../../src/api/app.ts';
import type { Config } from '../../src/config.ts';
import { BUILT_IN_SETTINGS } from '../../src/contracts/preferences.ts';
import { type Deps, openDeps } from '../../src/deps.ts';
import { subscribeInvalidations } from '../../src/queues/invalidation.ts';
import { type QueueName, queueNames } from '../../src/queues/registry.ts';
import { preferencesResolver, steadyClock } from '../../src/stores/preferences.ts';
import { sharedPreferences } from '../../src/stores/shared-preferences.ts';
import { startWorkers } from '../../src/workers/start-workers.ts';
import { startSweeping } from '../../src/workers/sweep.ts';
import { until } from '../../test/support/until.ts';

/**
 * Tidings with a clock that can be moved: the resolver's is set forward, and what stands in Postgres
 * about open batches is set back by as much. Everything else is real.
 */
export interface Simulation {
  deps: Deps;
  push(events: object[]): Promise<void>;
  /** Lets so much time pass, in milliseconds, and waits for what it brings about. */
  pass(ms: number): Promise<void>;
  /** Waits until nothing is under way or due. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** Not worked: write-back, because its questions to the CMS are about files, and corrections. */
const IDLE: QueueName[] = ['cms-write-back', 'corrections'];
const SETTLE_MS = 120_000;

/**
 * @param config of all processes; the database has to be migrated
 * @param processes how many, each with a memory of its own; the first also serves the API on `PORT`
 */
export async function startSimulation(config: Config, processes = 2): Promise<Simulation> {
  let moved = 0;
  const now = () => steadyClock() + moved;
  const all = Array.from({ length: processes }, () => withClock(openDeps(config, 'bench'), now));
  const [first] = all as [Deps, ...Deps[]];
  const queues = queueNames.filter((name) => !IDLE.includes(name));
  const workers: Worker[] = [];
  for (const deps of all) {
    const { forget } = deps.preferences;
    await subscribeInvalidations(deps.workerRedis(), config.QUEUE_PREFIX, forget);
    workers.push(...startWorkers(deps, queues));
  }
  const sweeping = startSweeping(first);
  const api = createServer(createApp(first));
  await new Promise<void>((resolve) => api.listen(config.PORT, '127.0.0.1', resolve));
  const { sql } = first.db;

  const simulation: Simulation = {
    deps: first,
    async push(events) {
      const response = await fetch(`http://127.0.0.1:${config.PORT}/api/file-events`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${config.INGESTION_SERVICE_API_KEY[0]}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ events }),
      });
      if (response.status !== 202) throw new Error(`not accepted: ${await response.text()}`);
    },
    async pass(ms) {
      moved += ms;
      await sql`
        update batch_processing_sessions set
          due_at = due_at - make_interval(secs => ${ms / 1000}),
          batch_start_time = batch_start_time - make_interval(secs => ${ms / 1000}),
          preferences_compare_at = preferences_compare_at - make_interval(secs => ${ms / 1000})
        where status = 'processing'`;
      await simulation.settle();
    },
    settle: async () => {
      let left: unknown;
      await until(
        'everything due is done',
        async () => {
          const [row] = await sql<{ left: number }[]>`
            select
              (select count(*) from file_events where applied_at is null and dead_lettered_at is null)
              + (select count(*) from email_notification_log where send_status in ('pending', 'sending'))
              + (select count(*) from batch_processing_sessions
                 where status = 'processing' and due_at <= now()) as left`;
          left = row?.left;
          return left === 0;
        },
        SETTLE_MS,
      ).catch((error: Error) => {
        throw new Error(`${error.message}; left: ${String(left)}`);
      });
    },
    async stop() {
      await sweeping.stop();
      await Promise.all(workers.map((worker) => worker.close()));
      api.closeAllConnections();
      await new Promise((resolve) => api.close(resolve));
      await Promise.all(all.map((deps) => deps.close()));
    },
  };
  return simulation;
}

function withClock(deps: Deps, now: () => number): Deps {
  const shared = sharedPreferences(deps.redis, deps.config.QUEUE_PREFIX, now);
  const defaults = {
    ...BUILT_IN_SETTINGS,
    notification_delay_minutes: deps.config.DEFAULT_NOTIFICATION_DELAY_MINUTES,
    batch_size_threshold: deps.config.DEFAULT_BATCH_SIZE_THRESHOLD,
  };
  return {
    ...deps,
    preferences: preferencesResolver({ client: deps.cms, defaults, shared, now }),
  };
}
