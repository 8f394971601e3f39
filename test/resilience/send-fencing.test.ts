import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import {
  claimEmails,
  completeEmails,
  reclaimExpired,
  recordHandOvers,
} from '../../src/db/queries/email-claims.ts';
import { findEmail } from '../../src/db/queries/emails.ts';
import { openDeps } from '../../src/deps.ts';
import { NotYet } from '../../src/errors.ts';
import { applyFileEvents } from '../../src/workers/apply-file-events.ts';
import { closeDueBatch } from '../../src/workers/close-batch.ts';
import { renderEmail } from '../../src/workers/render-email.ts';
import { sendEmail } from '../../src/workers/send-email.ts';
import { sweep } from '../../src/workers/sweep.ts';
import { startTcpProxy } from '../chaos/tcp-proxy.ts';
import { jobContext } from '../support/job-context.ts';
import { type FaultySmtp, startFaultySmtp } from '../support/smtp-faults.ts';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { expireLeases } from './settle.ts';

/** Promise 4 under claims that run out: the token fences the row, the hand-over decides what is known. */

let smtp: FaultySmtp;
let system: System;
let email_id: number;
beforeAll(async () => {
  smtp = await startFaultySmtp();
  system = await startSystem({ workers: false, env: { SMTP_PORT: String(smtp.port) } });
});
afterAll(async () => {
  await smtp?.close();
  await system?.stop();
});

beforeEach(async () => {
  smtp.script(undefined);
  smtp.faults.next = [];
  smtp.messages.length = 0;
  smtp.commands.length = 0;
  const { deps } = system;
  const ada = person();
  await system.push(event(ada, documentId()));
  const [chunk] = await deps.db.sql<{ chunk_id: string }[]>`
    select chunk_id from file_events where user_email = ${ada}`;
  await applyFileEvents(deps, chunk!, jobContext('setup'));
  await system.makeDue(ada);
  const [batch] = await deps.db.sql<{ batch_id: string }[]>`
    select batch_id from batch_processing_sessions where user_email = ${ada}`;
  await closeDueBatch(deps, batch!);
  const [email] = await deps.db.sql<{ id: number }[]>`
    select id from email_notification_log where recipient_email = ${ada}`;
  email_id = email!.id;
  await renderEmail(deps, { email_id });
});

/** As the driver says it. */
const gone = () =>
  Object.assign(new Error('write CONNECTION_CLOSED'), { code: 'CONNECTION_CLOSED' });
const mail = async () => (await findEmail(system.deps.db.sql, email_id))!;
const sent = { status: 'sent', response: '250 ok' } as const;
const claim = async (token: string) =>
  (await claimEmails(system.deps.db.sql, [{ id: email_id, token, leaseSeconds: 60 }]))[0];
const handOver = async (token: string) =>
  (await recordHandOvers(system.deps.db.sql, [{ id: email_id, token }]))[0];
const complete = async (token: string) =>
  (
    await completeEmails(system.deps.db.sql, [
      { id: email_id, token, completion: sent, transport: 'smtp' },
    ])
  )[0];

describe('a claim that ran out', () => {
  it('cannot complete over a newer claim', async () => {
    const { sql } = system.deps.db;
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

  it.each([
    { handedOver: false, resend: false, becomes: 'pending' },
    { handedOver: true, resend: false, becomes: 'unknown' },
    { handedOver: false, resend: true, becomes: 'pending' },
    { handedOver: true, resend: true, becomes: 'pending' },
  ])('handed over: $handedOver, resend: $resend -> $becomes', async (given) => {
    const { sql } = system.deps.db;
    const token = randomUUID();
    await claim(token);
    if (given.handedOver) await handOver(token);
    await expireLeases(sql);
    expect(await handOver(token)).toBe(false);
    const [reclaimed] = await reclaimExpired(sql, given.resend, 10);
    expect(reclaimed).toMatchObject({ id: email_id, send_status: given.becomes });
  });

  it('is not resent beyond its attempts, whatever the policy', async () => {
    const { sql } = system.deps.db;
    const token = randomUUID();
    await sql`update email_notification_log set max_attempts = 1 where id = ${email_id}`;
    await claim(token);
    await handOver(token);
    await expireLeases(sql);
    await reclaimExpired(sql, true, 10);
    expect((await mail()).send_status).toBe('unknown');
  });
});

describe('a sender that is slow', () => {
  it('and outlives its claim after the hand-over turns its own unknown mail into sent', async () => {
    const { deps } = system;
    smtp.faults.next = [{ at: 'dot', delayMs: 1500 }];
    const sending = sendEmail(deps, { email_id });
    await until('the body has arrived', () => smtp.commands.at(-1) === '.');
    await expireLeases(deps.db.sql);
    await sweep(deps);
    expect((await mail()).send_status).toBe('unknown');
    await sending;
    expect((await mail()).send_status).toBe('sent');
    expect(smtp.messages).toHaveLength(1);
  });

  it('and loses its claim before the body gives way without sending', async () => {
    const { deps } = system;
    smtp.faults.next = [{ at: 'data', delayMs: 1000 }];
    const sending = sendEmail(deps, { email_id });
    await until('the server was asked to take the body', () => smtp.commands.includes('DATA'));
    await expireLeases(deps.db.sql);
    await reclaimExpired(deps.db.sql, false, 10);
    await sendEmail(deps, { email_id });
    await sending;
    expect(smtp.messages).toHaveLength(1);
    expect(await mail()).toMatchObject({ send_status: 'sent', send_attempts: 2 });
  });
});

describe('while Postgres is away', () => {
  const attempts = async () =>
    (
      await system.deps.db.sql<{ outcome: string }[]>`
        select outcome from notification_retry_log where email_id = ${email_id}`
    ).map(({ outcome }) => outcome);

  it('what the server answers is kept until it is back', async () => {
    const proxy = await startTcpProxy();
    const database = new URL(system.env.DATABASE_URL!);
    proxy.leadTo(Number(database.port));
    Object.assign(database, { hostname: '127.0.0.1', port: String(proxy.port) });
    const worker = openDeps(loadConfig({ ...system.env, DATABASE_URL: database.href }), 'worker');
    try {
      let answer = () => {};
      const answered = new Promise<void>((resolve) => {
        answer = resolve;
      });
      const { send } = worker.transport;
      worker.transport.send = (...given) => send(...given).finally(answer);
      smtp.faults.next = [{ at: 'dot', delayMs: 500 }];
      const sending = sendEmail(worker, { email_id });
      await until('the body has arrived', () => smtp.commands.at(-1) === '.');
      await proxy.refuse();
      await answered;
      // Tries that are in vain cannot be seen from outside: a second is time for several.
      await pause(1000);
      await proxy.listen();
      await sending;
      expect(await mail()).toMatchObject({ send_status: 'sent', send_attempts: 1 });
      expect(await attempts()).toEqual(['sent']);
      expect(smtp.messages).toHaveLength(1);
    } finally {
      await worker.close();
      await proxy.refuse();
    }
  });

  it('whose answer was lost is told again, and the attempt is logged once', async () => {
    const { deps } = system;
    let tries = 0;
    const complete: typeof deps.mails.complete = async (completed) => {
      const held = await deps.mails.complete(completed);
      tries += 1;
      if (tries === 1) throw gone();
      return held;
    };
    await sendEmail({ ...deps, mails: { ...deps.mails, complete } }, { email_id });
    expect(tries).toBe(2);
    expect((await mail()).send_status).toBe('sent');
    expect(await attempts()).toEqual(['sent']);
  });

  it.each([
    ['costs no attempt where it is Postgres that failed', gone(), 0],
    ['costs an attempt where it may be the mail', new TypeError('no such field'), 1],
  ])('a claim is given back before the attempt, and %s', async (_what, error, send_attempts) => {
    const { deps } = system;
    const preferences = { ...deps.preferences, resolve: () => Promise.reject(error) };
    const sending = sendEmail({ ...deps, preferences }, { email_id });
    await expect(sending).rejects.toBeInstanceOf(NotYet);
    expect(await mail()).toMatchObject({ send_status: 'pending', send_attempts });
  });
});

describe('a line at a slow server', () => {
  it('costs those in it nothing when they are called off', async () => {
    const { sql } = system.deps.db;
    const worker = openDeps(loadConfig({ ...system.env, SMTP_POOL_SIZE: '1' }), 'worker');
    const mails = await sql<{ id: number }[]>`
      insert into email_notification_log (recipient_email, email_type, subject_key, max_attempts,
        rendered_at, email_subject, email_content_text, message_id)
      select 'ada@example.com', 'error_alert', gen_random_uuid(), 1, now(), 's', 't', '<' || n || '@x>'
      from generate_series(1, 5) n returning id`;
    smtp.script(({ stage }) => (stage === 'rcpt' ? { at: 'rcpt', hang: true } : undefined));
    const sending = Promise.allSettled(mails.map(({ id }) => sendEmail(worker, { email_id: id })));
    await until('all but one wait', async () => {
      const [row] = await sql<{ claimed: number }[]>`
        select count(*)::int as claimed from email_notification_log
        where id = any(${mails.map(({ id }) => id)}::bigint[]) and send_status = 'sending'`;
      return row?.claimed === 5 && smtp.commands.some((command) => command.startsWith('RCPT'));
    });
    worker.letGo();
    await sending;
    await worker.close();
    const rows = await sql<{ send_status: string; send_attempts: number }[]>`
      select send_status, send_attempts from email_notification_log
      where id = any(${mails.map(({ id }) => id)}::bigint[]) order by send_status`;
    const untried = { send_status: 'pending', send_attempts: 0 };
    expect(rows).toEqual([{ send_status: 'failed', send_attempts: 1 }, ...Array(4).fill(untried)]);
  });

  it('is left while the lease still covers a whole attempt', async () => {
    const { config, transport } = system.deps;
    let [left, leaseLeft] = [0, 0];
    const watched: typeof transport.send = async (what, options) => {
      left = (options.startBy ?? Number.NaN) - performance.now();
      leaseLeft = (await mail()).lease_expires_at!.getTime() - Date.now();
      return transport.send(what, options);
    };
    await sendEmail({ ...system.deps, transport: { ...transport, send: watched } }, { email_id });
    expect(left).toBeGreaterThan(50_000);
    // A second for what lies between the two looks at the clock.
    expect(leaseLeft - left).toBeGreaterThan(config.SMTP_TIMEOUT_SECONDS * 2 * 1000 - 1000);
  });
});

it('a job that runs eight times at once sends once', async () => {
  await Promise.all(Array.from({ length: 8 }, () => sendEmail(system.deps, { email_id })));
  expect(smtp.messages).toHaveLength(1);
  expect((await mail()).send_attempts).toBe(1);
});

it('a mail that is not due by the clock of the database is not asked for again at once, though ours is ahead', async () => {
  const { deps } = system;
  await deps.db.sql`
    update email_notification_log set next_retry_at = now() + interval '30 seconds'
    where id = ${email_id}`;
  const ahead = Date.now() + 60_000;
  vi.useFakeTimers({ toFake: ['Date'], now: ahead });
  try {
    const error = await sendEmail(deps, { email_id }).catch((thrown: unknown) => thrown);
    expect((error as NotYet).until.getTime()).toBeGreaterThanOrEqual(ahead + 1000);
  } finally {
    vi.useRealTimers();
  }
});
