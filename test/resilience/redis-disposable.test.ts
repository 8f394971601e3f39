import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queueNames } from '../../src/queues/registry.ts';
import { applyFileEvents } from '../../src/workers/apply-file-events.ts';
import { closeDueBatch } from '../../src/workers/close-batch.ts';
import { renderEmail } from '../../src/workers/render-email.ts';
import { startWorkers } from '../../src/workers/start-workers.ts';
import { sweep } from '../../src/workers/sweep.ts';
import { jobContext } from '../support/job-context.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { type PrivateRedis, privateRedis } from './private-redis.ts';
import { makeAllDue, miscounted, settled, unaccounted } from './settle.ts';

/** Promise 2: whatever Redis forgets is in motion again after one sweep, and nothing happens twice. */

let redis: PrivateRedis;
let system: System;
beforeAll(async () => {
  redis = await privateRedis();
  system = await startSystem({
    workers: false,
    env: { REDIS_URL: redis.url, CHROMA_COLLECTION: 'global' },
  });
});
afterAll(async () => {
  await system?.stop();
  await redis?.stop();
});

/** Everything is older than one sweep interval, so that no sweep leaves it for later. */
async function backdate(): Promise<void> {
  const { sql } = system.deps.db;
  await sql`update file_event_chunks set received_at = now() - interval '1 minute'`;
  await sql`update email_notification_log set updated_at = now() - interval '1 minute'`;
}

/** An unapplied event, a due batch, a pending mail and a correction, each of its own person. */
async function everythingWaiting() {
  const { deps } = system;
  const people = { unapplied: person(), due: person(), mail: person(), correction: person() };
  const job = jobContext('setup');
  const apply = async (sent: object) => {
    const { event_id } = (await system.push(sent)).body.data.events[0];
    const [row] = await deps.db.sql<{ chunk_id: string }[]>`
      select chunk_id from file_events where event_id = ${event_id}`;
    await applyFileEvents(deps, row!, job);
  };
  const batchOf = async (email: string) => {
    const [row] = await deps.db.sql<{ batch_id: string }[]>`
      select batch_id from batch_processing_sessions where user_email = ${email}`;
    return row!.batch_id;
  };
  await apply(event(people.due, documentId()));
  await apply(failure(people.correction, documentId(), { error: { message: 'ENOENT' } }));
  await apply(event(people.mail, documentId()));
  await makeAllDue(deps.db.sql);
  const batch_id = await batchOf(people.mail);
  await closeDueBatch(deps, { batch_id });
  const [email] = await deps.db.sql<{ id: number }[]>`
    select id from email_notification_log where batch_id = ${batch_id}::uuid`;
  await renderEmail(deps, { email_id: email!.id });
  const { event_id } = (await system.push(event(people.unapplied, documentId()))).body.data
    .events[0];
  const [chunk] = await deps.db.sql<{ chunk_id: string }[]>`
    select chunk_id from file_events where event_id = ${event_id}`;
  const [task] = await deps.db.sql<{ id: number }[]>`
    select id from auto_correction_tasks where user_email = ${people.correction}`;
  await backdate();
  const jobs = {
    'file-events': `chunk-${chunk!.chunk_id}`,
    'batch-close': `close-${await batchOf(people.due)}`,
    'email-send': `send-${email!.id}`,
    corrections: `correction-${task!.id}`,
  } as const;
  return { people: Object.values(people), jobs: Object.entries(jobs) };
}

const waysToLose: [string, () => Promise<unknown>][] = [
  ['FLUSHALL', () => redis.command('flushall')],
  [
    'a SIGKILL without persistence',
    async () => {
      await redis.kill();
      await redis.start();
    },
  ],
  [
    'an empty replacement, after a while without any',
    async () => {
      await redis.kill();
      await until('the loss is noticed', () => system.deps.redis.status !== 'ready');
      await redis.start();
    },
  ],
];

describe.each(waysToLose)('after %s', (_name, lose) => {
  it('one sweep puts everything that is due in motion again', async () => {
    const { deps } = system;
    const { people, jobs } = await everythingWaiting();
    await lose();
    await until('Redis is back', () => deps.redis.status === 'ready');
    const known = (jobs: [string, string][]) =>
      Promise.all(
        jobs.map(async ([queue, id]) =>
          Boolean(await deps.producer.queue(queue as keyof typeof jobs & never).getJob(id)),
        ),
      );
    expect(await known(jobs)).toEqual(jobs.map(() => false));
    expect(await sweep(deps)).toBeGreaterThanOrEqual(jobs.length);
    expect(await known(jobs)).toEqual(jobs.map(() => true));

    const workers = startWorkers(deps, queueNames);
    try {
      await system.applied();
      await makeAllDue(deps.db.sql);
      await sweep(deps);
      await settled(system);
      // Lost once more: what is done stays done.
      await redis.command('flushall');
      await backdate();
      expect(await sweep(deps)).toBe(0);
    } finally {
      await Promise.all(workers.map((worker) => worker.close()));
    }
    for (const one of people) expect(await system.inbox(one)).toHaveLength(1);
    expect(await miscounted(deps.db.sql)).toEqual([]);
    expect(await unaccounted(system)).toBe(0);
  });
});
