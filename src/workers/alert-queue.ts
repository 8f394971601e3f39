import type { Job } from 'bullmq';
import type { Deps } from '../deps.ts';
import { type QueueName, queues } from '../queues/registry.ts';
import { type Alert, raiseAlert, writeAlert } from './alert.ts';

/**
 * Tells operators, once per queue and hour, that a job used up its tries. The sweep goes on raising it
 * as long as its row is due, so this says that something is wrong, not that something is lost.
 */
export async function alertQueue(deps: Deps, queue: QueueName, job: Job): Promise<void> {
  const tries = job.opts.attempts ?? 1;
  if (job.attemptsMade < tries && !job.finishedOn) return;
  const alert = await writeAlert(deps.db.sql, deps, queueAlert(queue, job, new Date()));
  await raiseAlert(deps, alert);
}

/** What operators are told of a job that used up its tries, or whose payload does not fit its queue. */
export function queueAlert(
  queue: QueueName,
  job: Pick<Job, 'id' | 'data' | 'timestamp' | 'failedReason' | 'attemptsMade'>,
  now: Date,
): Alert {
  return {
    // Trying one that does not fit again cannot help: the advice is another.
    kind: queues[queue].payload.safeParse(job.data).success ? 'queue_failed' : 'job_refused',
    subject: queue,
    subjectId: `${queue}-${now.toISOString().slice(0, 13)}`,
    since: new Date(job.timestamp),
    reason: job.failedReason,
    details: [
      { label: 'Queue', value: queue },
      { label: 'Job', value: job.id ?? '-' },
      { label: 'Tries', value: String(job.attemptsMade) },
    ],
  };
}
