import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FaultySmtp, startFaultySmtp } from '../support/smtp-faults.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** What operators see and do: mails in trouble, batches closed by hand, failed jobs. */

const OPERATOR = 'operator@example.com';

let smtp: FaultySmtp;
let system: System;
let ada: string;
beforeAll(async () => {
  smtp = await startFaultySmtp();
  system = await startSystem({
    env: {
      SMTP_SERVER: '127.0.0.1',
      SMTP_PORT: String(smtp.port),
      SMTP_POOL_SIZE: '1',
      OPERATOR_EMAIL: OPERATOR,
      MAX_BATCH_AGE_HOURS: '24',
    },
  });
});
afterAll(async () => {
  await smtp.close();
  await system.stop();
});
beforeEach(() => {
  ada = person();
});
afterEach(() => {
  smtp.faults.next = [];
});

const of = async (what: string, query: string) =>
  (await system.call('GET', `/api/${what}?${query}`)).body.data;
const mail = (status: string) =>
  until(`the mail is ${status}`, async () => {
    const [found] = await of('emails', `user_email=${ada}`);
    return found?.send_status === status && found;
  });
const received = (to = ada) => smtp.messages.filter((message) => message.to.includes(to));
const alertOn = (id: number) =>
  until(`an alert on mail ${id}`, () =>
    received(OPERATOR).find(({ raw }) => new RegExp(`(emails/|\\b)${id}\\b`).test(raw)),
  );
const batch = async () => (await of('batches', `user_email=${ada}`))[0];
async function report(...events: object[]): Promise<void> {
  await system.push(...(events.length > 0 ? events : [event(ada, documentId())]));
  await system.applied();
  await system.makeDue(ada);
}

describe('a mail', () => {
  it('outlives three failed attempts and arrives once', async () => {
    smtp.faults.next = [1, 2, 3].map(() => ({ at: 'mail', reply: '451 4.3.0 Try again later' }));
    await report();
    const { id } = await mail('sent');
    expect(received()).toHaveLength(1);
    const { attempts, send_attempts } = (await system.call('GET', `/api/emails/${id}`)).body.data;
    expect(send_attempts).toBe(4);
    expect(attempts.map((one: { outcome: string }) => one.outcome)).toEqual([
      'transient',
      'transient',
      'transient',
      'sent',
    ]);
    for (const one of attempts.slice(0, 3))
      expect(Date.parse(one.next_retry_at)).toBeGreaterThan(Date.parse(one.retry_at));
  });

  it('that is refused for good fails at once, operators are told, and it can be resent', async () => {
    smtp.faults.next = [{ at: 'rcpt', reply: '550 5.1.1 No such mailbox' }];
    await report();
    const { id, send_attempts, error_message } = await mail('failed');
    expect(send_attempts).toBe(1);
    expect(error_message).toContain('550');
    const { raw } = await alertOn(id);
    expect(raw).toMatch(new RegExp(`^Subject: A mail could not be delivered: ${id}\r?$`, 'm'));
    const path = `/api/emails/${id}`;
    expect(raw).toContain(`POST ${path}/resend`);
    expect((await system.call('POST', `${path}/mark-sent`)).status).toBe(409);
    expect((await system.call('POST', `${path}/resend`)).status).toBe(202);
    await mail('sent');
    expect(received()).toHaveLength(1);
    expect((await system.call('POST', `${path}/resend`)).status).toBe(409);
  });

  it.each([
    ['resend', 202, 1],
    ['mark-sent', 200, 0],
  ])('that may have arrived is unknown until an operator says %s', async (how, status, more) => {
    smtp.faults.next = [{ at: 'dot', drop: true }];
    await report();
    const { id, send_attempts } = await mail('unknown');
    expect(send_attempts).toBe(1);
    await alertOn(id);
    expect(received()).toHaveLength(0);
    const audit = async () => (await system.call('GET', '/api/audit')).body.data;
    const before = await audit();
    expect(before.unknown).toBe(1);
    expect((await system.call('POST', `/api/emails/${id}/${how}`)).status).toBe(status);
    await mail('sent');
    expect(received()).toHaveLength(more);
    expect(await audit()).toMatchObject({ unknown: 0, unaccounted: 0 });
    expect((await batch()).notification_sent).toBe(true);
  });
});

describe('a batch', () => {
  const unfinished = (document: string) =>
    event(ada, document, { processing_stage: 'processing', status: 'processing' });

  it('in which nothing was ever finished is told of at its greatest age', async () => {
    const slow = documentId('slow');
    await report(unfinished(slow));
    await until('the batch waits for another delay', async () => {
      const { due_at } = await batch();
      return Date.parse(due_at) > Date.now();
    });
    expect(await batch()).toMatchObject({ status: 'processing' });
    await system.deps.db.sql`
      update batch_processing_sessions
      set batch_start_time = now() - interval '25 hours', due_at = now()
      where user_email = ${ada}`;
    await mail('sent');
    expect(await batch()).toMatchObject({ closed_by: 'max_age', status: 'partially_completed' });
    expect(received()[0]?.raw).toMatch(/Subject: Still in progress/);
    expect(await of('batches', `user_email=${ada}`)).toHaveLength(1);
  });

  it('closes by hand as soon as something in it is finished, and only once', async () => {
    await system.push(unfinished(documentId()));
    await system.applied();
    const path = `/api/batches/${(await batch()).batch_id}/close`;
    expect((await system.call('POST', path)).status).toBe(409);
    await system.push(event(ada, documentId()));
    await system.applied();
    expect((await system.call('POST', path)).status).toBe(202);
    await mail('sent');
    const [next, closed] = await of('batches', `user_email=${ada}`);
    expect(closed).toMatchObject({ closed_by: 'manual', total_files: 1, status: 'completed' });
    expect(next).toMatchObject({ carried_over_from: closed.batch_id, total_files: 1 });
    expect((await system.call('POST', path)).status).toBe(409);
  });

  it('that does not exist cannot be closed', async () => {
    const path = '/api/batches/00000000-0000-4000-8000-000000000000/close';
    expect((await system.call('POST', path)).status).toBe(404);
  });
});

it('a failed job runs again with its whole budget, after a look at what would', async () => {
  const queue = system.deps.producer.queue('email-render');
  const job = await queue.add('email-render', { email_id: 'broken' }, { jobId: 'broken-job' });
  await until('the job has failed', () => job.isFailed());
  const counts = async () => {
    const { body } = await system.call('GET', '/api/queues');
    return body.data.find(({ name }: { name: string }) => name === 'email-render').counts;
  };
  expect((await counts()).failed).toBe(1);
  const path = '/api/queues/email-render/replay';
  const look = await system.call('POST', path, { dry_run: true });
  const jobs = [
    {
      id: 'broken-job',
      failed_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      reason: expect.stringMatching(/./),
    },
  ];
  expect(look.body.data).toEqual({ dry_run: true, count: 1, jobs });
  expect((await counts()).failed).toBe(1);
  await job.updateData({ email_id: 2 ** 40 });
  const done = await system.call('POST', path, {});
  expect(done.body.data).toEqual({ dry_run: false, count: 1, jobs });
  await until('the job is completed', () => job.isCompleted());
});

it('a queue that is not there is not found', async () => {
  const { status, body } = await system.call('POST', '/api/queues/no-such-queue/replay', {});
  expect([status, body.detail]).toEqual([404, 'There is no queue no-such-queue.']);
});

it('errors are listed and settled', async () => {
  const document = documentId();
  await system.push(failure(ada, document));
  await system.applied();
  const [error] = await of('errors', `file_document_id=${document}`);
  expect(error).toMatchObject({ error_category: 'processing_error', file_document_id: document });
  const settled = await system.call('PATCH', `/api/errors/${error.id}`, {
    resolution_status: 'ignored',
  });
  expect([settled.status, settled.body.data.resolution_status]).toEqual([200, 'ignored']);
  expect(settled.body.data.resolved_at).not.toBeNull();
});
