import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import type { Sql } from '../../src/db/client.ts';
import { overdueBatches } from '../../src/db/queries/batches.ts';
import { overdueCorrections } from '../../src/db/queries/corrections.ts';
import { reclaimExpired } from '../../src/db/queries/email-claims.ts';
import { overdueEmails } from '../../src/db/queries/email-lines.ts';
import { overdueChunks } from '../../src/db/queries/inbox.ts';
import { batchesToCompare, staleBatches } from '../../src/db/queries/preferences.ts';
import { overdueWriteBacks } from '../../src/db/queries/write-back.ts';
import { openDeps } from '../../src/deps.ts';
import { sweep } from '../../src/workers/sweep.ts';
import { planOf } from '../support/plan-of.ts';
import { type System, startSystem } from '../support/system.ts';

/** A sweep looks at what is due, never at what is finished, and never twice at once. */

const FINISHED = Number(process.env.SWEEP_FINISHED ?? 150_000);
const OPEN = FINISHED / 10;

let system: System;
let sql: Sql;
beforeAll(async () => {
  system = await startSystem({ workers: false });
  sql = system.deps.db.sql;
  await fill();
});
afterAll(() => system?.stop());

/** Finished rows in every table, and open ones that are not due. */
async function fill(): Promise<void> {
  const total = FINISHED + OPEN;
  await sql`
    insert into batch_processing_sessions (company_id, bot_id, user_email, batch_start_time, due_at,
      status, closed_by, notification_sent, notification_sent_at, cms_written_back_at,
      user_preferences_snapshot, preferences_source, preferences_compare_at)
    select 1 + n % 50, 1, 'p' || n || '@example.com', now(), now() + interval '1 hour',
      case when n <= ${FINISHED} then 'completed' else 'processing' end,
      case when n <= ${FINISHED} then 'due' end, n <= ${FINISHED},
      case when n <= ${FINISHED} then now() - interval '1 day' end,
      case when n <= ${FINISHED} then now() end, '{}'::jsonb, 'cms',
      case when n <= ${FINISHED} then now() - interval '1 day' else now() + interval '1 hour' end
    from generate_series(1, ${total}) n`;
  await sql`
    insert into email_notification_log (batch_id, recipient_email, company_id, bot_id, max_attempts,
      send_status, rendered_at, next_retry_at, updated_at)
    select batch_id, user_email, company_id, bot_id, 8,
      case when id <= ${FINISHED} then 'sent' else 'pending' end, now(),
      case when id <= ${FINISHED} then null else now() + interval '1 hour' end,
      now() - interval '1 day'
    from batch_processing_sessions`;
  await sql`
    insert into auto_correction_tasks (file_document_id, failure_category, original_error_message,
      correction_actions, status, run_at)
    select 'd' || n, 's3_error', 'gone', '[]'::jsonb,
      case when n <= ${FINISHED} then 'completed' else 'pending' end,
      case when n <= ${FINISHED} then now() - interval '1 day' else now() + interval '1 hour' end
    from generate_series(1, ${total}) n`;
  await sql`
    insert into file_events (event_id, chunk_id, occurred_at, received_at, action, file_document_id,
      company_id, bot_id, user_email, payload, applied_at, outcome)
    select 'e' || n, gen_random_uuid(), now(), case when n <= ${FINISHED}
        then now() - interval '1 day' else now() + interval '1 hour' end, 'create', 'd' || n, 1, 1,
      'p@example.com', '{}'::jsonb, case when n <= ${FINISHED} then now() end,
      case when n <= ${FINISHED} then 'applied' end
    from generate_series(1, ${total}) n`;
  await sql`analyze`;
}

const now = () => new Date();

describe(`with ${FINISHED} finished rows and ${OPEN} open ones that are not due`, () => {
  it.each<[string, (db: Sql) => unknown]>([
    ['overdue chunks', (db) => overdueChunks(db, now())],
    ['overdue batches', (db) => overdueBatches(db, now())],
    ['expired claims', (db) => reclaimExpired(db, false, 500)],
    ['overdue corrections', (db) => overdueCorrections(db)],
    ['stale batches', (db) => staleBatches(db, now())],
    ['batches to compare with the CMS', (db) => batchesToCompare(db, now(), 100)],
    ['overdue write-backs', (db) => overdueWriteBacks(db, now())],
  ])('%s are found by an index, without reading rows that are not due', async (_name, query) => {
    const plan = await planOf(sql, query);
    expect(plan.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
    expect(plan.some((node) => node['Index Name'] !== undefined)).toBe(true);
    const read = plan.map((node) => node['Rows Removed by Filter'] ?? 0);
    expect(Math.max(...read)).toBeLessThan(OPEN / 10);
  });

  it('overdue mails are found by an index, without reading finished rows', async () => {
    const plan = await planOf(sql, (db) => overdueEmails(db, now()));
    expect(plan.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
    const read = plan.map((node) => node['Rows Removed by Filter'] ?? 0);
    expect(Math.max(...read)).toBeLessThanOrEqual(OPEN);
  });

  it('a whole sweep finds nothing', async () => {
    await sweep(system.deps);
    const began = performance.now();
    expect(await sweep(system.deps)).toBe(0);
    const took = performance.now() - began;
    process.stdout.write(`an idle sweep over ${FINISHED + OPEN} rows: ${took.toFixed(0)} ms\n`);
  });
});

it('two workers never sweep at the same time', async () => {
  const other = openDeps(loadConfig(system.env), 'other');
  const { producer } = system.deps;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let entered = () => {};
  const inside = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const slow = {
    ...system.deps,
    producer: {
      ...producer,
      ensure: async () => {
        entered();
        await held;
        return 0;
      },
    },
  };
  await sql`
    update batch_processing_sessions set due_at = now() - interval '1 second'
    where id = ${FINISHED + 1}`;
  const first = sweep(slow);
  await inside;
  expect(await sweep(other)).toBeNull();
  release();
  expect(await first).toBe(0);
  expect(await sweep(other)).toBe(1);
  await other.close();
});
