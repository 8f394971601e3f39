import { ErrorCode, type Job } from 'bullmq';
import { z } from 'zod';
import { timestamp } from '../contracts/text.ts';
import type { Deps } from '../deps.ts';
import { probeRedis } from '../queues/connection.ts';
import { type QueueName, queueNames } from '../queues/registry.ts';
import { row } from './answers.ts';
import { HttpProblem, notFound } from './problem.ts';
import { route } from './route.ts';

const replayRequest = z
  .strictObject({
    dry_run: z.boolean().default(false),
    limit: z.number().int().min(1).max(10_000).default(1000),
    failed_after: timestamp.optional(),
  })
  .default({ dry_run: false, limit: 1000 });

/** A failed job, as it was before it started again. */
const replayedJob = z.object({
  id: z.string(),
  failed_at: z.iso.datetime().nullable(),
  reason: z.string().nullable(),
});
const replayAnswer = z.object({
  data: z.object({
    dry_run: z.boolean(),
    count: z.number().int(),
    jobs: z.array(replayedJob),
  }),
});

/** Failed jobs start again with a fresh budget; the library's plain retry would grant one attempt. */
async function replay(deps: Deps, name: QueueName, request: z.output<typeof replayRequest>) {
  const queue = deps.producer.queue(name);
  const after = request.failed_after ? Date.parse(request.failed_after) : 0;
  const failed = (await queue.getFailed(0, request.limit - 1)).filter(
    (job) => (job.finishedOn ?? 0) >= after,
  );
  const replayed: z.output<typeof replayedJob>[] = [];
  for (const job of failed) {
    // Before it starts again: the library then forgets when and why it failed.
    const failure = failureOf(job);
    // The sweep may have put it in motion meanwhile, which is as good.
    const done = request.dry_run || (await again(job));
    if (done) replayed.push(failure);
  }
  return replayed;
}

function failureOf({ id = '', finishedOn, failedReason }: Job): z.output<typeof replayedJob> {
  const failed_at = finishedOn ? new Date(finishedOn).toISOString() : null;
  return { id, failed_at, reason: failedReason ?? null };
}

/** What the queue answers about a job that has not failed any more, or is gone. */
const IN_MOTION: number[] = [ErrorCode.JobNotInState, ErrorCode.JobNotExist];

/** @returns false where somebody else has put the job in motion */
async function again(job: Job): Promise<boolean> {
  try {
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    return true;
  } catch (error) {
    if (IN_MOTION.includes((error as { code?: number }).code ?? 0)) return false;
    throw error;
  }
}

/**
 * Redis is asked here and nowhere else in the API, so its absence has an answer of its own. One that has
 * become a replica says so in words of many kinds, but takes no probe either.
 */
async function whileRedisAnswers<Result>(
  { redis, config }: Deps,
  ask: () => Promise<Result>,
): Promise<Result> {
  try {
    if (redis.status === 'ready') return await ask();
  } catch (error) {
    const takesWrites = await probeRedis(redis, config.QUEUE_PREFIX).then(
      () => true,
      () => false,
    );
    if (takesWrites) throw error;
  }
  throw new HttpProblem(
    503,
    'Service unavailable',
    'Redis does not answer, or takes nothing; try again later.',
    { headers: { 'Retry-After': '5' } },
  );
}

export const queueRoutes = [
  route({
    method: 'get',
    path: '/api/queues',
    access: 'admin',
    tag: 'Queues',
    summary: 'Jobs of every queue by state',
    answers: { 200: { description: 'Counts', schema: z.object({ data: z.array(row) }) } },
    handle: async ({ deps }) => {
      const data = await whileRedisAnswers(deps, () =>
        Promise.all(
          queueNames.map(async (name) => ({
            name,
            counts: await deps.producer.queue(name).getJobCounts(),
          })),
        ),
      );
      return { status: 200, body: { data } };
    },
  }),
  route({
    method: 'post',
    path: '/api/queues/:name/replay',
    access: 'admin',
    tag: 'Queues',
    summary: 'Run failed jobs again with a fresh attempt budget',
    params: z.object({ name: z.string().meta({ enum: queueNames }) }),
    body: replayRequest,
    answers: { 202: { description: 'The jobs replayed', schema: replayAnswer } },
    handle: async ({ deps, params, body }) => {
      const name = queueNames.find((one) => one === params.name);
      if (!name) throw notFound(`queue ${params.name}`);
      const jobs = await whileRedisAnswers(deps, () => replay(deps, name, body));
      return { status: 202, body: { data: { dry_run: body.dry_run, count: jobs.length, jobs } } };
    },
  }),
];
