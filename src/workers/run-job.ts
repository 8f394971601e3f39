import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import type { Deps } from '../deps.ts';
import { NotYet, PermanentError, reasonOf } from '../errors.ts';
import { masked } from '../observability/logger.ts';
import { misfit } from '../queues/misfit.ts';
import { type PayloadOf, type QueueName, queues } from '../queues/registry.ts';

/** Which job it is: the same on every try, and of no other job. */
export interface JobIdentity {
  id: string;
  /** When it was added, in milliseconds since the epoch. */
  addedAt: number;
}

/** What a processor may know of its job besides the payload, and do to it. */
export interface JobContext<Name extends QueueName = QueueName> extends JobIdentity {
  /** Replaces what the job carries: further tries, and whoever looks at it, get to see this. */
  replacePayload(payload: PayloadOf<Name>): Promise<void>;
}

export type Processor<Name extends QueueName> = (
  deps: Deps,
  payload: PayloadOf<Name>,
  job: JobContext<Name>,
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
      replacePayload: (smaller) => job.updateData(smaller),
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
