import { parseArgs } from 'node:util';
import type { Worker } from 'bullmq';
import { ConfigError, loadConfig } from '../config.ts';
import { migrateDatabase, refuseOlderSchema } from '../db/migrate.ts';
import { openDeps } from '../deps.ts';
import { refuseEviction } from '../queues/connection.ts';
import { subscribeInvalidations } from '../queues/invalidation.ts';
import { type QueueName, queueNames } from '../queues/registry.ts';
import { onShutdown } from '../shutdown.ts';
import { startAuditing } from './audit-schedule.ts';
import { serveWorkerHealth } from './health.ts';
import { watchProgress } from './progress.ts';
import { startWorkers } from './start-workers.ts';
import { startSweeping } from './sweep.ts';

/** Entry of a worker process: all queues, or those of `--queues=a,b`. */
async function main(): Promise<void> {
  const names = chosenQueues();
  const config = loadConfig();
  const deps = openDeps(config, 'workers');
  await (config.MIGRATE_ON_START ? migrateDatabase : refuseOlderSchema)(config.DATABASE_URL);
  void subscribeInvalidations(deps.workerRedis(), config.QUEUE_PREFIX, deps.preferences.forget);
  const progress = watchProgress(deps, names);
  const sweeping = startSweeping(deps);
  const auditing = startAuditing(deps);
  const workers: Worker[] = [];
  const health = await serveWorkerHealth(deps, workers, sweeping, progress);
  onShutdown(
    deps.log,
    async () => {
      const closing = workers.map((worker) => worker.close());
      await Promise.all([sweeping.stop(), auditing.stop(), ...closing]);
      progress.stop();
      await health.close();
      await deps.close();
    },
    { timeoutSeconds: config.SHUTDOWN_TIMEOUT_SECONDS, letGo: deps.letGo },
  );
  // Waits for Redis; no job is taken from one that may lose it.
  await refuseEviction(deps.workerRedis());
  workers.push(...startWorkers(deps, names, progress));
  deps.log.info({ queues: names, health: health.port }, 'workers started');
}

function chosenQueues(): QueueName[] {
  const { values } = parseArgs({ options: { queues: { type: 'string' } } });
  if (values.queues === undefined) return queueNames;
  const asked = values.queues.split(',').map((name) => name.trim());
  const unknown = asked.filter((name) => !queueNames.includes(name as QueueName));
  if (unknown.length > 0)
    throw new ConfigError(
      `no such queue: ${unknown.join(', ')}; there are ${queueNames.join(', ')}`,
    );
  return asked as QueueName[];
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : error}\n`,
  );
  process.exit(1);
});
