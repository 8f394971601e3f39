import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** A producer that skips HTTP and adds its events to the queue itself. */

const operator = person('operator');
let system: System;
let queue: Queue;
beforeAll(async () => {
  system = await startSystem({ env: { OPERATOR_EMAIL: operator } });
  const connection = { url: system.env.REDIS_URL };
  queue = new Queue('file-events', { connection, prefix: system.env.QUEUE_PREFIX });
});
afterAll(async () => {
  await queue.close();
  await system.stop();
});

const batches = async (email: string) =>
  (await system.call('GET', `/api/batches?user_email=${email}`)).body.data;

it('is served like one that uses HTTP, and a job run twice counts once', async () => {
  const ada = person();
  const events = [event(ada, documentId()), event(ada, documentId())];
  const job = await queue.add('anything', { events });
  await until('the job is done', () => job.isCompleted());
  const counted = [{ total_files: 2, event_count: 2, status: 'processing' }];
  expect(await batches(ada)).toMatchObject(counted);
  await job.retry('completed');
  await until('it is done again', async () => {
    const again = await queue.getJob(job.id!);
    return again && again.attemptsMade > 1 && (await again.isCompleted());
  });
  expect(await batches(ada)).toMatchObject(counted);
  await system.makeDue(ada);
  await system.mails(ada);
  const audit = await until('both are reported', async () => {
    const { body } = await system.call('GET', '/api/audit');
    return body.data.reported === 2 && body.data;
  });
  expect(audit).toMatchObject({ accepted: 2, unaccounted: 0 });
});

it('keeps its events no longer than until they are stored, and is tried again with the same', async () => {
  const ada = person();
  const events = [event(ada, documentId())];
  const job = await queue.add('file-events', { events });
  const carried = async (times: number) => {
    const now = await until('the job is done', async () => {
      const found = await queue.getJob(job.id!);
      return found && found.attemptsMade >= times && (await found.isCompleted()) && found;
    });
    return now.data;
  };
  const stored = { chunk_id: expect.stringMatching(/^[0-9a-f-]{36}$/) };
  const first = await carried(1);
  expect(first).toEqual(stored);
  const ids = await system.deps.db.sql`select event_id, chunk_id from file_events
    where user_email = ${ada}`;
  expect(ids).toEqual([{ event_id: `job-${job.timestamp}-${job.id}-0`, ...first }]);
  // As if its worker had died between storing them and saying so.
  await job.updateData({ events });
  await job.retry('completed');
  expect(await carried(2)).toEqual(first);
  expect(await batches(ada)).toMatchObject([{ total_files: 1, event_count: 1 }]);
});

it('loses nothing when the queue counts its jobs from the start again', async () => {
  const ada = person();
  const add = () =>
    queue.add('file-events', { events: [event(ada, documentId())] }, { jobId: 'n1' });
  const job = await add();
  await until('the job is done', () => job.isCompleted());
  await job.remove();
  const again = await add();
  await until('the job is done', () => again.isCompleted());
  expect(await batches(ada)).toMatchObject([{ total_files: 2, event_count: 2 }]);
});

it('and HTTP may tell of the same event', async () => {
  const ada = person();
  const told = event(ada, documentId(), { event_id: documentId('event') });
  const job = await queue.add('file-events', { events: [told] });
  await until('the job is done', () => job.isCompleted());
  expect((await system.push(told)).body.data).toMatchObject({ accepted: 0, duplicates: 1 });
  expect(await batches(ada)).toMatchObject([{ total_files: 1, event_count: 1 }]);
});

it('is told why a job is refused, at once and without personal data', async () => {
  const ada = person();
  const right = event(ada, documentId());
  const wrong = event(ada, documentId(), { status: 'done' });
  const job = await queue.add('file-events', { events: [right, wrong] }, { attempts: 5 });
  await until('the job has failed', () => job.isFailed());
  const failed = await queue.getJob(job.id!);
  expect(failed?.attemptsMade).toBe(1);
  expect(failed?.failedReason).toBe(
    'payload does not fit the queue: events.1.status: expected one of "pending"|"processing"|"success"|"failed"',
  );
  const [alert] = await system.mails(operator);
  expect(alert?.subject).toBe('A job does not fit its queue: file-events');
  expect(alert?.text).toContain('remove this job');
  expect(alert?.text).not.toContain(ada);
  expect(await batches(ada)).toEqual([]);
});
