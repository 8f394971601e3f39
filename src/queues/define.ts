import type { JobsOptions } from 'bullmq';
import type { z } from 'zod';

/**
 * One queue: its name, the payload its jobs carry, and how they are retried. Job ids are the id of the
 * row the job is about, so that a queue knows at most one job for each; Postgres says what is due.
 */
export interface QueueDefinition<Payload> {
  name: string;
  payload: z.ZodType<Payload>;
  /** Stable id of the job; neither `:` nor digits alone, which the queue library refuses. */
  jobId(payload: Payload): string;
  /** Tries before the job counts as failed; the sweep raises it again as long as its row is due. */
  attempts: number;
  /** First and longest delay between tries, in milliseconds. */
  backoff: { baseMs: number; capMs: number };
  /** Jobs one worker process runs at a time. */
  concurrency: number;
}

/** Takes the type of the payload from its schema, and holds the rest of the definition to it. */
export const defineQueue = <Payload>(definition: QueueDefinition<Payload>) => definition;

/**
 * Finished jobs are kept for operators to look at, within bounds. Workers know them; said in each job
 * it would take a tenth of the job's memory.
 */
export const RETENTION = {
  removeOnComplete: { age: 3600, count: 1000 },
  removeOnFail: { age: 7 * 24 * 3600, count: 10_000 },
} satisfies JobsOptions;
