import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openDatabase, type Sql } from '../../src/db/client.ts';
import { type MailBooks, mailBooks } from '../../src/db/mail-books.ts';
import { findMails } from '../../src/db/queries/mails.ts';
import { NotYet } from '../../src/errors.ts';
import { sendEmail } from '../../src/workers/send-email.ts';
import { startTcpProxy } from '../chaos/tcp-proxy.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Many mails on their way at the same time share statements, and none of them suffers from another. */

const MAILS = 50;

let system: System;
let books: MailBooks;
let statements = 0;
let ids: number[];

beforeAll(async () => {
  system = await startSystem({ workers: false });
  const counted = new Proxy(system.deps.db.sql, {
    apply(target, _self, args: Parameters<Sql>) {
      statements += 1;
      return target(...args);
    },
  });
  books = mailBooks(counted);
});
afterAll(() => system?.stop());

beforeEach(async () => {
  const rows = await system.deps.db.sql<{ id: number }[]>`
    insert into email_notification_log (recipient_email, max_attempts, rendered_at)
    select 'ada-' || n || '@example.com', 8, now() from generate_series(1, ${MAILS}::int) n
    returning id`;
  ids = rows.map(({ id }) => id);
  statements = 0;
});

const claimOf = (id: number) => ({ id, token: randomUUID(), leaseSeconds: 60 });
const stored = async () => (await findMails(system.deps.db.sql, ids)).map(({ email }) => email);

it('what is asked at the same time is one statement', async () => {
  const mails = await Promise.all(ids.map(books.mail));
  expect(mails.map((mail) => mail?.email.id)).toEqual(ids);
  // Parts of a statement count as well.
  expect(statements).toBeLessThan(MAILS / 5);
  expect(await books.mail(-1)).toBeUndefined();
});

it('of two claims on a mail one wins, also in the same statement', async () => {
  const claims = [...ids, ...ids].map(claimOf);
  const rows = await Promise.all(claims.map(books.claim));
  const won = rows.flatMap((row) => row?.email.id ?? []).sort((a, b) => a - b);
  expect(won).toEqual(ids);
  const holders = claims.filter((_claim, nth) => rows[nth]);
  const losers = claims.filter((_claim, nth) => !rows[nth]);
  expect(await Promise.all(holders.map(books.handOver))).toEqual(holders.map(() => true));
  expect(await Promise.all(losers.map(books.handOver))).toEqual(losers.map(() => false));
});

it('outcomes of every kind are recorded together, each attempt in the log', async () => {
  const claims = ids.map(claimOf);
  await Promise.all(claims.map(books.claim));
  statements = 0;
  const nextRetryAt = new Date(Date.now() + 60_000);
  const outcomes = [
    { status: 'sent', response: '250 ok' },
    { status: 'pending', reason: 'greylisted', nextRetryAt, countsAttempt: true },
    { status: 'pending', reason: 'no login', nextRetryAt, countsAttempt: false },
    { status: 'failed', reason: 'no such mailbox' },
    { status: 'suppressed', reason: 'address_suppressed' },
  ] as const;
  const email = (await stored())[0]!;
  const held = await Promise.all(
    claims.map((claim, nth) => {
      const completion = outcomes[nth % outcomes.length]!;
      const attempt = {
        email: { ...email, id: claim.id },
        outcome: completion.status,
        reason: null,
      };
      return books.complete({ ...claim, completion, transport: 'smtp', attempt });
    }),
  );
  expect(held).toEqual(ids.map(() => true));
  // Parts of a statement count as well.
  expect(statements).toBeLessThan(MAILS / 5);

  const rows = (await stored()).sort((a, b) => a.id - b.id);
  const seen = rows.slice(0, outcomes.length).map((row) => ({
    status: row.send_status,
    error: row.error_message,
    suppressed: row.suppressed_reason,
    attempts: row.send_attempts,
    again: row.next_retry_at,
  }));
  const settled = { error: null, suppressed: null, attempts: 1, again: null };
  expect(seen).toEqual([
    { ...settled, status: 'sent' },
    { ...settled, status: 'pending', error: 'greylisted', again: nextRetryAt },
    { ...settled, status: 'pending', error: 'no login', attempts: 0, again: nextRetryAt },
    { ...settled, status: 'failed', error: 'no such mailbox' },
    { ...settled, status: 'suppressed', suppressed: 'address_suppressed' },
  ]);
  const log = await system.deps.db.sql<{ email_id: number }[]>`
    select email_id from notification_retry_log where email_id = any(${ids}::bigint[]) order by 1`;
  expect(log.map(({ email_id }) => email_id)).toEqual(ids);
});

it('what the quotas of companies count is counted together, each company for itself', async () => {
  const { sql } = system.deps.db;
  const companyOf = (nth: number) => 500 + (nth % 2);
  await sql`
    update email_notification_log e set company_id = c.company_id
    from unnest(${ids}::bigint[], ${ids.map((_id, nth) => companyOf(nth))}::int[]) c(id, company_id)
    where e.id = c.id`;
  // Counted: three mails of this month. Not counted: the last moment before it, an alert, a failed one.
  await sql`
    insert into email_notification_log
      (recipient_email, max_attempts, company_id, email_type, send_status, sent_at)
    select 'ada@example.com', 8, 500, m.type, m.status, begun + m.after::interval
    from (
      select date_trunc('month', now() at time zone 'utc') at time zone 'utc' as begun
    ) month, (values
      ('batch_completion', 'sent', '0 s'), ('summary', 'sent', '0 s'),
      ('batch_completion', 'sent', '1 s'), ('batch_completion', 'sent', '-1 ms'),
      ('error_alert', 'sent', '1 s'), ('batch_completion', 'failed', '1 s')
    ) as m(type, status, after)`;
  await Promise.all(ids.map((id) => books.claim(claimOf(id))));
  const mails = ids.map((id, nth) => ({ id, company_id: companyOf(nth) }));
  statements = 0;
  const uses = await Promise.all(mails.map(books.quotaUse));
  // Parts of a statement count as well.
  expect(statements).toBeLessThan(MAILS / 5);
  const line = Array.from({ length: MAILS / 2 }, (_, ahead) => ahead);
  for (const [nth, sent] of [3, 0].entries()) {
    const own = uses.filter((_use, at) => at % 2 === nth);
    expect(own.map((use) => use.sent)).toEqual(line.map(() => sent));
    expect(own.map((use) => use.ahead).sort((a, b) => a - b)).toEqual(line);
  }
});

it('a mail the database refuses fails alone', async () => {
  const content = {
    subject: 'Your files',
    html: null,
    text: 'Ready.',
    messageId: '<1@example.com>',
  };
  const saved = await Promise.allSettled(
    ids.map((id, nth) => books.saveRendered({ ...content, id, text: nth === 7 ? '\0' : 'Ready.' })),
  );
  expect(saved.filter(({ status }) => status === 'rejected')).toEqual([saved[7]]);
  const rows = await stored();
  expect(rows.filter((row) => row.email_content_text === 'Ready.')).toHaveLength(MAILS - 1);
});

it('a row that somebody has locked holds up no other, and is tried again', async () => {
  const { deps } = system;
  const [locked, ...others] = ids;
  await deps.db.session.begin(async (tx) => {
    await tx`select from email_notification_log where id = ${locked!} for update`;
    const claimed = await Promise.all(ids.map((id) => books.claim(claimOf(id))));
    expect(claimed.flatMap((mail) => mail?.email.id ?? [])).toEqual(others);
    await expect(sendEmail(deps, { email_id: locked! })).rejects.toBeInstanceOf(NotYet);
  });
  expect(await books.claim(claimOf(locked!))).toBeDefined();
});

it('a connection that falls silent holds up nobody but those it was asked for', async () => {
  const proxy = await startTcpProxy();
  const url = new URL(system.env.DATABASE_URL!);
  proxy.leadTo(Number(url.port));
  Object.assign(url, { hostname: '127.0.0.1', port: String(proxy.port) });
  const database = openDatabase(url.href, 10);
  try {
    const own = mailBooks(database.sql);
    await own.mail(ids[0]!); // one connection stands
    proxy.mute();
    let claimed = 0;
    const claim = (id: number) =>
      own.claim(claimOf(id)).then(
        () => (claimed += 1),
        () => {},
      );
    const [first, ...others] = ids;
    const claims = [claim(first!)];
    await turn(); // it leaves alone
    claims.push(...others.map(claim));
    await until('the others are claimed', () => claimed === MAILS - 1, 10_000);
    proxy.cut();
    await Promise.all(claims);
  } finally {
    await database.close();
    await proxy.refuse();
  }
});
