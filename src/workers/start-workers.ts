import { type Job, Worker } from 'bullmq';
import type { Deps } from '../deps.ts';
import { backoffDelay } from '../domain/backoff.ts';
import { RETENTION } from '../queues/define.ts';
import { type QueueName, queues } from '../queues/registry.ts';
import { alertQueue } from './alert-queue.ts';
import { processors } from './processors.ts';
import type { Progress } from './progress.ts';
import { type Processor, runJob } from './run-job.ts';

/** A job whose worker died is taken up again this often; Postgres guards against doing it twice. */
const MAX_STALLED = 25;

/** Starts one worker per queue; `progress` is told of every job. They take jobs as soon as Redis answers. */
export function startWorkers(deps: Deps, names: QueueName[], progress?: Progress): Worker[] {
  const connection = deps.workerRedis();
  return names.map((name) => {
    const { concurrency, backoff } = queues[name];
    const processor = processors[name] as Processor<typeof name>;
    const run = async (job: Job, token?: string) => {
      progress?.started(name);
      try {
        await runJob(deps, name, processor, job, token);
      } finally {
        progress?.ended(name);
      }
    };
    const worker = new Worker(name, run, {
      connection,
      prefix: deps.config.QUEUE_PREFIX,
      concurrency,
      maxStalledCount: MAX_STALLED,
      ...RETENTION,
      settings: {
        backoffStrategy: (attempts) => backoffDelay(attempts, backoff, Math.random()),
      },
    });
    worker.on('failed', (job) => {
      if (!job) return;
      alertQueue(deps, name, job).catch((error: unknown) =>
        deps.log.warn({ err: error }, 'operators could not be told'),
      );
    });
    worker.on('error', (error) => deps.log.debug({ err: error, queue: name }, 'worker trouble'));
    return worker;
  });
}
