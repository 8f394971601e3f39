import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import type { Deps } from '../deps.ts';
import { NotYet, PermanentError, reasonOf } from '../errors.ts';
import { masked } from '../observability/logger.ts';
import { misfit } from '../queues/misfit.ts';
import { type PayloadOf, type QueueName, queues } from '../queues/registry.ts';

/** What a processor may know of its job besides the payload. */
export interface JobContext {
  id: string;
  /** When it was added, in milliseconds since the epoch; the same on every try. */
  addedAt: number;
}

export type Processor<Name extends QueueName> = (
  deps: Deps,
  payload: PayloadOf<Name>,
  job: JobContext,
) => Promise<void>;

/**
 * Runs one job and turns what was thrown into the queue's terms: `NotYet` puts it back without losing
 * an attempt, `PermanentError` fails it at once, anything else is tried again with backoff. Reasons
 * are masked, because the queue and its board show them.
 */
export async function runJob<Name extends QueueName>(
  deps: Deps,
  name: Name,
  processor: Processor<Name>,
  job: Job,
  token: string | undefined,
): Promise<void> {
  const timer = deps.metrics.jobDuration.startTimer({ queue: name });
  try {
    const payload = queues[name].payload.safeParse(job.data);
    if (!payload.success)
      throw new PermanentError(
        `payload does not fit the queue: ${misfit(payload.error, job.data)}`,
      );
    await processor(deps, payload.data as PayloadOf<Name>, {
      id: job.id ?? '',
      addedAt: job.timestamp,
    });
    timer({ outcome: 'completed' });
  } catch (error) {
    if (error instanceof NotYet) {
      timer({ outcome: 'delayed' });
      await job.moveToDelayed(error.until.getTime(), token);
      throw new DelayedError();
    }
    timer({ outcome: 'failed' });
    deps.metrics.batchErrors.inc({ queue: name });
    const reason = masked(reasonOf(error));
    deps.log.warn(
      { err: error, queue: name, job: job.id, attempt: job.attemptsMade },
      'job failed',
    );
    throw error instanceof PermanentError ? new UnrecoverableError(reason) : new Error(reason);
  }
}
