import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { answerOrders } from '../helper.ts';

/** Entry of the bare queue: jobs that carry an id and do nothing. */

export interface EmptyJobs {
  redisUrl: string;
  prefix: string;
  jobs: number;
  concurrency: number;
}

/** Jobs are added in pipelines of so many. */
const PIPELINE = 2000;

answerOrders(async ({ redisUrl, prefix, jobs, concurrency }: EmptyJobs) => {
  const producing = new Redis(redisUrl);
  const working = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue('empty', { connection: producing, prefix });
  await queue.waitUntilReady();
  const opts = { removeOnComplete: true };
  for (let from = 0; from < jobs; from += PIPELINE)
    await queue.addBulk(
      Array.from({ length: Math.min(PIPELINE, jobs - from) }, (_, nth) => ({
        name: 'empty',
        data: { id: from + nth },
        opts,
      })),
    );
  const worker = new Worker('empty', async () => {}, {
    connection: working,
    prefix,
    concurrency,
    autorun: false,
  });
  await worker.waitUntilReady();
  let done = 0;
  const all = new Promise<void>((resolve) => {
    worker.on('completed', () => {
      done += 1;
      if (done === jobs) resolve();
    });
  });
  const began = performance.now();
  worker.run().catch(() => undefined);
  await all;
  const seconds = (performance.now() - began) / 1000;
  await worker.close();
  await queue.close();
  for (const connection of [producing, working]) connection.disconnect();
  return { perSecond: jobs / seconds };
});
