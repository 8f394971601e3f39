import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import {
  claimEmails,
  completeEmails,
  reclaimExpired,
  recordHandOvers,
  saveReworded,
} from '../../src/db/queries/email-claims.ts';
import type { NotYet } from '../../src/errors.ts';
import { sendEmail } from '../../src/workers/send-email.ts';
import { sweep } from '../../src/workers/sweep.ts';
import { until } from '../support/until.ts';
import { sendLab } from './send-lab.ts';
import { expireLeases } from './settle.ts';

/** Promise 4 under claims that run out: the token fences the row, the hand-over decides what is known. */

const lab = sendLab();
const { mail } = lab;

const sent = { status: 'sent', response: '250 ok' } as const;
const claim = async (token: string) =>
  (await claimEmails(lab.system.deps.db.sql, [{ id: lab.email_id, token, leaseSeconds: 60 }]))[0];
const handOver = async (token: string) =>
  (await recordHandOvers(lab.system.deps.db.sql, [{ id: lab.email_id, token }]))[0];
const complete = async (token: string) =>
  (
    await completeEmails(lab.system.deps.db.sql, [
      { id: lab.email_id, token, completion: sent, transport: 'smtp' },
    ])
  )[0];

describe('a claim that ran out', () => {
  it('cannot complete over a newer claim', async () => {
    const { sql } = lab.system.deps.db;
    const [old, newer] = [randomUUID(), randomUUID()];
    expect(await claim(old)).toBeDefined();
    expect(await claim(newer)).toBeUndefined();
    await expireLeases(sql);
    await reclaimExpired(sql, false, 10);
    expect(await claim(newer)).toBeDefined();
    expect(await handOver(old)).toBe(false);
    expect(await complete(old)).toBe(false);
    expect((await mail()).send_status).toBe('sending');
    expect(await complete(newer)).toBe(true);
    expect((await mail()).send_status).toBe('sent');
  });

  it('cannot reword what a newer claim may be sending, nor can one that has ended', async () => {
    const { sql } = lab.system.deps.db;
    const [old, newer] = [randomUUID(), randomUUID()];
    const reword = (token: string, text: string) =>
      saveReworded(sql, lab.email_id, token, { subject: 's', html: null, text });
    await claim(old);
    await expireLeases(sql);
    await reclaimExpired(sql, false, 10);
    await claim(newer);
    expect(await reword(old, 'old')).toBeUndefined();
    expect(await reword(newer, 'newer')).toMatchObject({ email_content_text: 'newer' });
    await complete(newer);
    expect(await reword(newer, 'too late')).toBeUndefined();
    expect(await mail()).toMatchObject({ email_content_text: 'newer' });
  });

  it.each([
    { handedOver: false, resend: false, becomes: 'pending' },
    { handedOver: true, resend: false, becomes: 'unknown' },
    { handedOver: false, resend: true, becomes: 'pending' },
    { handedOver: true, resend: true, becomes: 'pending' },
  ])('handed over: $handedOver, resend: $resend -> $becomes', async (given) => {
    const { sql } = lab.system.deps.db;
    const token = randomUUID();
    await claim(token);
    if (given.handedOver) await handOver(token);
    await expireLeases(sql);
    expect(await handOver(token)).toBe(false);
    const [reclaimed] = await reclaimExpired(sql, given.resend, 10);
    expect(reclaimed).toMatchObject({ id: lab.email_id, send_status: given.becomes });
  });

  it('is not resent beyond its attempts, whatever the policy', async () => {
    const { sql } = lab.system.deps.db;
    const token = randomUUID();
    await sql`update email_notification_log set max_attempts = 1 where id = ${lab.email_id}`;
    await claim(token);
    await handOver(token);
    await expireLeases(sql);
    await reclaimExpired(sql, true, 10);
    expect((await mail()).send_status).toBe('unknown');
    expect(await complete(token)).toBe(true);
    expect((await mail()).send_status).toBe('sent');
  });
});

it.each([
  [sent, true],
  [{ status: 'failed', reason: '550 no' }, false],
] as const)(
  'a mail that ended as %j has told its own batch’s people: %s',
  async (completion, told) => {
    const { sql } = lab.system.deps.db;
    const token = randomUUID();
    await claim(token);
    await completeEmails(sql, [{ id: lab.email_id, token, completion, transport: 'smtp' }]);
    const batches = await sql<{ own: boolean; told: boolean }[]>`
    select m.id = ${lab.email_id} as own, b.notification_sent as told
    from batch_processing_sessions b join email_notification_log m using (batch_id)
    where m.id = ${lab.email_id} or m.send_status <> 'sent'`;
    expect(batches).toContainEqual({ own: true, told });
    expect(batches.length).toBeGreaterThan(1);
    expect(batches.filter((batch) => batch.told && !batch.own)).toEqual([]);
  },
);

it('an attempt that is written down again is logged once, and every other one besides', async () => {
  const { sql } = lab.system.deps.db;
  const email = (await claim(randomUUID()))!.email;
  const log = (outcome: string, more: { transport?: string; attempt?: number; at?: Date } = {}) => {
    const { transport = 'smtp', attempt = 1, at } = more;
    const attempted = { email: { ...email, send_attempts: attempt }, outcome, reason: null };
    const completion = at
      ? ({ status: 'pending', reason: 'r', nextRetryAt: at, countsAttempt: true } as const)
      : sent;
    const token = randomUUID();
    return completeEmails(sql, [
      { id: email.id, token, completion, transport, attempt: attempted, again: true },
    ]);
  };
  const logged = async () =>
    (await sql`select from notification_retry_log where email_id = ${email.id}`).length;
  for (const _ of [1, 2]) await log('unknown');
  expect(await logged()).toBe(1);
  await log('sent');
  await log('unknown', { transport: 'ses' });
  await log('unknown', { attempt: 2 });
  await log('unknown', { at: new Date('2026-01-01T00:00:00Z') });
  expect(await logged()).toBe(5);
});

describe('a mail is not claimed', () => {
  it('before it is rendered, nor before its next attempt is due', async () => {
    const { sql } = lab.system.deps.db;
    await sql`
      update email_notification_log set next_retry_at = now() + interval '1 hour'
      where id = ${lab.email_id}`;
    expect(await claim(randomUUID())).toBeUndefined();
    await sql`
      update email_notification_log set next_retry_at = null, rendered_at = null
      where id = ${lab.email_id}`;
    expect(await claim(randomUUID())).toBeUndefined();
    await sql`update email_notification_log set rendered_at = now() where id = ${lab.email_id}`;
    expect(await claim(randomUUID())).toBeDefined();
  });

  it('while somebody else has its row locked, and nobody waits for that', async () => {
    const { sql } = lab.system.deps.db;
    await sql.begin(async (tx) => {
      await tx`select from email_notification_log where id = ${lab.email_id} for update`;
      expect(await claim(randomUUID())).toBeUndefined();
    });
    expect(await claim(randomUUID())).toBeDefined();
  });
});

describe('a sender that is slow', () => {
  it('and outlives its claim after the hand-over turns its own unknown mail into sent', async () => {
    const { deps } = lab.system;
    lab.smtp.faults.next = [{ at: 'dot', delayMs: 1500 }];
    const sending = sendEmail(deps, { email_id: lab.email_id });
    await until('the body has arrived', () => lab.smtp.commands.at(-1) === '.');
    await expireLeases(deps.db.sql);
    await sweep(deps);
    expect((await mail()).send_status).toBe('unknown');
    await sending;
    expect((await mail()).send_status).toBe('sent');
    expect(lab.smtp.messages).toHaveLength(1);
  });

  it('and loses its claim before the body gives way without sending', async () => {
    const { deps } = lab.system;
    lab.smtp.faults.next = [{ at: 'data', delayMs: 1000 }];
    const sending = sendEmail(deps, { email_id: lab.email_id });
    await until('the server was asked to take the body', () => lab.smtp.commands.includes('DATA'));
    await expireLeases(deps.db.sql);
    await reclaimExpired(deps.db.sql, false, 10);
    await sendEmail(deps, { email_id: lab.email_id });
    await sending;
    expect(lab.smtp.messages).toHaveLength(1);
    expect(await mail()).toMatchObject({ send_status: 'sent', send_attempts: 2 });
  });
});

it('a job that runs eight times at once sends once', async () => {
  await Promise.all(
    Array.from({ length: 8 }, () => sendEmail(lab.system.deps, { email_id: lab.email_id })),
  );
  expect(lab.smtp.messages).toHaveLength(1);
  expect((await mail()).send_attempts).toBe(1);
});

it('a mail that is not due by the clock of the database is not asked for again at once, though ours is ahead', async () => {
  const { deps } = lab.system;
  await deps.db.sql`
    update email_notification_log set next_retry_at = now() + interval '30 seconds'
    where id = ${lab.email_id}`;
  const ahead = Date.now() + 60_000;
  vi.useFakeTimers({ toFake: ['Date'], now: ahead });
  try {
    const error = await sendEmail(deps, { email_id: lab.email_id }).catch(
      (thrown: unknown) => thrown,
    );
    expect((error as NotYet).until.getTime()).toBeGreaterThanOrEqual(ahead + 1000);
  } finally {
    vi.useRealTimers();
  }
});
