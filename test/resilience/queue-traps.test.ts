import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorkers } from '../../src/workers/start-workers.ts';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { type PrivateRedis, privateRedis } from './private-redis.ts';
import { unaccounted } from './settle.ts';

/** What queue clients are known to get wrong, shown not to happen here. */

let redis: PrivateRedis;
let system: System;
beforeAll(async () => {
  redis = await privateRedis();
  system = await startSystem({ env: { REDIS_URL: redis.url } });
});
afterAll(async () => {
  await system?.stop();
  await redis?.stop();
});

async function sentMail(ada: string): Promise<number> {
  await system.push(event(ada, documentId()));
  await system.applied();
  await system.makeDue(ada);
  await system.mails(ada);
  return until('the mail is noted as sent', async () => {
    const [row] = await system.deps.db.sql<{ id: number }[]>`
      select id from email_notification_log
      where recipient_email = ${ada} and send_status = 'sent'`;
    return row?.id;
  });
}

/** Seconds; longer ones on request. */
const OUTAGES = (process.env.REDIS_OUTAGES ?? '3,10').split(',').map(Number);

describe('an outage of Redis', () => {
  it.each(OUTAGES)('of %d s leaves no worker deaf', async (seconds) => {
    const ada = person();
    await redis.kill();
    const back = Date.now() + seconds * 1000;
    await system.push(event(ada, documentId()));
    await until('the outage is over', () => Date.now() >= back, 5000 + seconds * 1000);
    await redis.start();
    await system.applied();
    await system.makeDue(ada);
    await system.mails(ada);
    expect(await system.inbox(ada)).toHaveLength(1);
    expect(await unaccounted(system)).toBe(0);
  });
});

describe('a retained job', () => {
  it('that completed does not swallow a resend', async () => {
    const ada = person();
    const id = await sentMail(ada);
    await system.deps.db.sql`
      update email_notification_log set send_status = 'unknown' where id = ${id}`;
    expect((await system.call('POST', `/api/emails/${id}/resend`)).status).toBe(202);
    await system.mails(ada, 2);
  });

  it('that failed does not swallow what is due again', async () => {
    const { deps } = system;
    const queue = deps.producer.queue('batch-close');
    const ada = person();
    await system.push(event(ada, documentId()));
    await system.applied();
    const [batch] = await deps.db.sql<{ batch_id: string }[]>`
      select batch_id from batch_processing_sessions where user_email = ${ada}`;
    const jobId = `close-${batch!.batch_id}`;
    await (await queue.getJob(jobId))?.remove();
    // A payload that fits nothing fails for good, and the job stays under its id.
    await queue.add('batch-close', {}, { jobId });
    await until('it has failed', async () => (await queue.getJob(jobId))?.finishedOn);
    await queue.add('batch-close', batch!, { jobId });
    expect(await (await queue.getJob(jobId))?.getState()).toBe('failed');
    await system.makeDue(ada);
    await system.mails(ada);
  });
});

it('an alarm put off long after it was set is still brought forward', async () => {
  const { deps } = system;
  const ada = person();
  await system.push(event(ada, documentId()));
  await system.applied();
  const [batch] = await deps.db.sql<{ batch_id: string }[]>`
    select batch_id from batch_processing_sessions where user_email = ${ada}`;
  const queue = deps.producer.queue('batch-close');
  const alarm = await until('the alarm is set', () => queue.getJob(`close-${batch!.batch_id}`));
  // As if it had been added an hour ago and had been put off by its delay just now.
  const key = `${deps.config.QUEUE_PREFIX}:batch-close:${alarm.id}`;
  await deps.redis.hset(key, 'timestamp', Date.now() - 3_600_000);
  await deps.producer.ensure('batch-close', [{ payload: batch!, at: new Date() }]);
  await until('the alarm has rung', async () => {
    const job = await queue.getJob(alarm.id!);
    return job?.processedOn !== undefined;
  });
});

it('a replay on a Redis that has become a replica is refused, not counted as nothing to replay', async () => {
  // Every worker is at work by then.
  await sentMail(person());
  const queue = system.deps.producer.queue('email-render');
  const job = await queue.add('email-render', {}, { jobId: 'fits-nothing' });
  await until('it has failed', () => job.isFailed());
  const replay = () => system.call('POST', '/api/queues/email-render/replay', {});
  await redis.command('replicaof', '127.0.0.1', '1');
  const refused = await replay();
  await redis.command('replicaof', 'no', 'one');
  expect([refused.status, refused.body.title]).toEqual([503, 'Service unavailable']);
  const { status, body } = await replay();
  expect([status, body.data.jobs.map(({ id }: { id: string }) => id)]).toEqual([202, [job.id]]);
  // Workers that cannot hear yet cannot be closed either.
  await sentMail(person());
});

describe('a worker that dies', () => {
  it('again and again does not use up the job', async () => {
    const { deps } = system;
    const own = startWorkers(deps, ['corrections']);
    expect(own[0]?.opts.maxStalledCount).toBeGreaterThanOrEqual(10);
    await Promise.all(own.map((worker) => worker.close()));

    const name = `stalled-${randomUUID()}`;
    const options = {
      connection: deps.workerRedis(),
      prefix: deps.config.QUEUE_PREFIX,
      maxStalledCount: own[0]!.opts.maxStalledCount,
      lockDuration: 200,
      stalledInterval: 200,
      skipLockRenewal: true,
    };
    const queue = new Queue(name, options);
    await queue.add('job', {});
    let runs = 0;
    const ends: (() => void)[] = [];
    const hang = () =>
      new Promise<void>((resolve) => {
        ends.push(resolve);
      });
    // Each run outlives its lock, as that of a dead worker does; the fifth one ends.
    const run = async () => {
      runs += 1;
      if (runs < 5) await hang();
    };
    const worker = new Worker(name, run, { ...options, concurrency: 10 });
    worker.on('error', () => {});
    await until('the fifth run has ended', async () => (await queue.getCompletedCount()) === 1);
    expect(await queue.getFailedCount()).toBe(0);
    for (const end of ends) end();
    await worker.close(true);
    await queue.close();
  });
});

describe('replay', () => {
  it('gives a failed job its whole budget again, and says beforehand what it would do', async () => {
    const { deps } = system;
    const queue = deps.producer.queue('cms-write-back');
    const ada = person();
    await sentMail(ada);
    const [batch] = await deps.db.sql<{ batch_id: string }[]>`
      select batch_id from batch_processing_sessions where user_email = ${ada}`;
    await until('the first write-back is done', async () => {
      const [row] = await deps.db.sql`
        select from batch_processing_sessions
        where batch_id = ${batch!.batch_id}::uuid and cms_written_back_at is not null`;
      return row;
    });
    const { cms } = deps;
    const { updateFile } = cms;
    let asked = 0;
    cms.updateFile = async () => {
      asked += 1;
      throw new Error('the CMS is away');
    };
    await deps.db.sql`
      update batch_processing_sessions set cms_written_back_at = null,
        notification_sent_at = now() + interval '1 hour' where batch_id = ${batch!.batch_id}::uuid`;
    const jobId = `replayed-${randomUUID()}`;
    await queue.add('cms-write-back', batch!, {
      jobId,
      attempts: 3,
      backoff: { type: 'fixed', delay: 1 },
    });
    const failed = () =>
      until('the job has failed', async () => (await queue.getJob(jobId))?.isFailed());
    await failed();
    expect(asked).toBe(3);
    const ask = (body: object) => system.call('POST', '/api/queues/cms-write-back/replay', body);
    const dry = await ask({ dry_run: true });
    expect(dry.body.data.jobs).toMatchObject([{ id: jobId }]);
    expect(await (await queue.getJob(jobId))?.isFailed()).toBe(true);
    expect((await ask({})).status).toBe(202);
    await until('it has tried again', () => asked > 3);
    await failed();
    expect(asked).toBe(6);
    cms.updateFile = updateFile;
    await ask({});
    await until('it is done', async () => (await queue.getJob(jobId))?.isCompleted());
  });
});
