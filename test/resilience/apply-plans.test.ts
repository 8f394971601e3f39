import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sql, Transaction } from '../../src/db/client.ts';
import { findOpenBatches } from '../../src/db/queries/batches.ts';
import { endCorrections } from '../../src/db/queries/correction-books.ts';
import {
  claimEmails,
  type LeasedClaim,
  recordHandOvers,
} from '../../src/db/queries/email-claims.ts';
import { saveRendered } from '../../src/db/queries/emails.ts';
import { planOf } from '../support/plan-of.ts';
import { type System, startSystem } from '../support/system.ts';

/** What is done to sets costs the same however the tables have grown since the planner last looked at them. */

let system: System;
let sql: Sql;
beforeAll(async () => {
  system = await startSystem({ workers: false });
  sql = system.deps.db.sql;
});
afterAll(() => system?.stop());

const addBatches = (count: number, closedBy: 'due' | null) => sql`
  insert into batch_processing_sessions (company_id, bot_id, user_email, batch_start_time, due_at,
    status, closed_by, user_preferences_snapshot, preferences_source)
  select 1, 1, 'p' || n || '@example.com', now(), now() + interval '1 hour',
    case when ${closedBy}::text is null then 'processing' else 'completed' end, ${closedBy},
    '{}'::jsonb, 'cms'
  from generate_series(1, ${count}::int) n`;

const owners = (count: number) =>
  Array.from({ length: count }, (_, nth) => ({
    company_id: 1,
    bot_id: 1,
    user_email: `p${nth + 1}@example.com`,
  }));

it("looks for an owner's open batch by the owner, though none was open when the table was analysed", async () => {
  await addBatches(2000, 'due');
  await sql`analyze batch_processing_sessions`;
  await addBatches(5000, null);
  const plan = await planOf(sql, (db) => findOpenBatches(db, owners(20)));
  const lookups = plan.filter((node) => node['Relation Name'] === 'batch_processing_sessions');
  expect(lookups.map((node) => node['Index Name'])).toEqual(['batch_one_open_per_owner']);
  expect(lookups[0]?.['Index Cond']).toContain('user_email');
});

const addMails = (count: number, status: 'sent' | 'pending') => sql<{ id: number }[]>`
  insert into email_notification_log (recipient_email, subject_key, max_attempts, send_status, rendered_at)
  select 'p' || n || '@example.com', gen_random_uuid(), 5, ${status}, now()
  from generate_series(1, ${count}::int) n returning id`;

describe('mails are looked up by their ids, though few were pending when the table was analysed', () => {
  let claims: LeasedClaim[];
  beforeAll(async () => {
    await addMails(2000, 'sent');
    await addMails(10, 'pending');
    await sql`analyze email_notification_log`;
    const pending = await addMails(5000, 'pending');
    claims = pending.slice(0, 20).map(({ id }) => ({ id, token: randomUUID(), leaseSeconds: 60 }));
  });

  it.each<[string, (db: Transaction) => Promise<unknown[]>]>([
    ['rendered', (db) => saveRendered(db, claims.map(rendered))],
    ['claimed', (db) => claimEmails(db, claims)],
    ['handed over', (db) => recordHandOvers(db, claims)],
  ])('to be %s', async (_what, statement) => {
    const read = await sql.begin(async (tx) => {
      const before = await mailsRead(tx);
      expect(await statement(tx)).toHaveLength(claims.length);
      return (await mailsRead(tx)) - before;
    });
    expect(read).toBeLessThanOrEqual(2 * claims.length);
  });
});

async function mailsRead(tx: Transaction): Promise<number> {
  const [row] = await tx<{ rows: number }[]>`
    select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_xact_user_tables
    where relname = 'email_notification_log'`;
  return row?.rows ?? 0;
}

const rendered = ({ id }: { id: number }) => ({
  id,
  subject: 'ready',
  html: null,
  text: 'ready',
  messageId: `<${id}@example.com>`,
});

it('settles the failures of a set by its documents, though the table was never analysed', async () => {
  await sql`
    insert into processing_errors (file_document_id, generation, error_category, error_message)
    select 'failed-' || n, 0, 'processing_error', 'the parser gave up'
    from generate_series(1, 4000) n`;
  const token = randomUUID();
  const claimed = await sql<{ id: number }[]>`
    insert into auto_correction_tasks (file_document_id, failure_category, original_error_message,
      correction_actions, status, run_at, started_at, lease_token, lease_expires_at)
    select 'failed-' || n, 'processing_error', 'the parser gave up', '["chroma_delete"]'::jsonb,
      'processing', now(), now(), ${token}::uuid, now() + interval '1 hour'
    from generate_series(1, 1000) n returning id`;
  const read = await sql.begin(async (tx) => {
    const tasks = claimed.map(({ id }) => ({
      id,
      end: { status: 'completed' as const },
      step: null,
    }));
    expect((await endCorrections(tx, token, tasks)).size).toBe(1000);
    const [row] = await tx<{ rows: string; settled: string }[]>`
      select seq_tup_read as rows, n_tup_upd as settled from pg_stat_xact_user_tables
      where relname = 'processing_errors'`;
    return row;
  });
  expect(read).toEqual({ rows: 0, settled: 1000 });
});
