import type { Deps } from '../deps.ts';
import { probeRedis } from '../queues/connection.ts';
import type { QueueName } from '../queues/registry.ts';

/** How often the queues are looked at, in milliseconds. */
const LOOK_EVERY_MS = 5000;
/** A worker that runs nothing for this long while jobs wait has gone deaf, in milliseconds. */
const DEAF_AFTER_MS = 30_000;

/** Knows whether each worker takes the jobs that wait for it. */
export interface Progress {
  /** To be called around every job. */
  started(name: QueueName): void;
  ended(name: QueueName): void;
  /** Queues whose worker has gone deaf; empty while Redis is away, when nobody can take anything. */
  deaf(): QueueName[];
  stop(): void;
}

/**
 * Watches for workers that look alive and take nothing, which has happened to queue clients after long
 * outages. Only a worker with nothing to do counts as idle, so a slow job is no reason to restart.
 */
export function watchProgress(deps: Deps, names: QueueName[]): Progress {
  const running = new Map<QueueName, number>();
  const idleSince = new Map<QueueName, number>();
  const look = async () => {
    // From one that refuses what is written nobody can take anything.
    await probeRedis(deps.redis, deps.config.QUEUE_PREFIX);
    for (const name of names) {
      const queue = deps.producer.queue(name);
      const { waiting = 0, prioritized = 0 } = await queue.getJobCounts('waiting', 'prioritized');
      const paused = await queue.isPaused();
      const idle = !paused && waiting + prioritized > 0 && (running.get(name) ?? 0) === 0;
      if (!idle) idleSince.delete(name);
      else if (!idleSince.has(name)) idleSince.set(name, Date.now());
    }
  };
  const timer = setInterval(() => {
    look().catch(() => idleSince.clear());
  }, LOOK_EVERY_MS);
  timer.unref();
  return {
    started(name) {
      running.set(name, (running.get(name) ?? 0) + 1);
      idleSince.delete(name);
    },
    ended(name) {
      running.set(name, (running.get(name) ?? 1) - 1);
      idleSince.delete(name);
    },
    deaf: () =>
      [...idleSince]
        .filter(([, since]) => Date.now() - since > DEAF_AFTER_MS)
        .map(([name]) => name),
    stop: () => clearInterval(timer),
  };
}
