import { type Backlog, openBacklog } from './backlog.ts';
import type { Bench } from './bench.ts';
import type { Figure, Measured } from './figure.ts';
import { alternate } from './rounds.ts';

/** What full tables cost. */

const FEW = 10_000;
const MANY = 1_000_000;
const MANY_IN_SHORT = 30_000;

/** Puts applied events of other people there, ten files to a closed batch, as the years leave them. */
async function fillTables(sql: Backlog['sql'], events: number): Promise<void> {
  await sql`
    insert into batch_processing_sessions (company_id, bot_id, user_email, batch_start_time,
      batch_end_time, due_at, total_files, successful_files, event_count, status, closed_by,
      user_preferences_snapshot, preferences_source)
    select 2, 1, 'past-' || n % 5000 || '@example.com', now(), now(), now(), 10, 10, 10, 'completed',
      'threshold', '{}', 'cms'
    from generate_series(1, ${events / 10}::int) n`;
  await sql`
    insert into batch_files (batch_id, file_document_id, file_name, processing_status,
      processing_stage, processing_start_time, event_count)
    select batch_id, 'past-' || b.id || '-' || n, 'past.pdf', 'success', 'completed', now(), 1
    from batch_processing_sessions b, generate_series(1, 10) n`;
  await sql`
    insert into file_processing_status (file_document_id, company_id, bot_id, user_email, batch_id,
      batch_file_id, occurred_at, processing_stage, status)
    select file_document_id, 2, 1, user_email, batch_id, f.id, now(), 'completed', 'success'
    from batch_files f join batch_processing_sessions b using (batch_id)`;
  await sql`
    insert into file_events (event_id, chunk_id, occurred_at, action, file_document_id, company_id,
      bot_id, user_email, payload, applied_at, outcome, batch_file_id)
    select 'event-' || file_document_id, batch_id, now(), 'create', file_document_id, 2, 1, user_email,
      '{}', now(), 'applied', f.id
    from batch_files f join batch_processing_sessions b using (batch_id)`;
  await sql`
    insert into email_notification_log (batch_id, recipient_email, company_id, bot_id, email_type,
      max_attempts, send_status, sent_at)
    select batch_id, user_email, 2, 1, 'batch_completion', 8, 'sent', now()
    from batch_processing_sessions`;
  await sql`vacuum analyze`;
}

async function openFilled(bench: Bench, events: number) {
  const env = await bench.freshEnv();
  const backlog = openBacklog(env);
  await fillTables(backlog.sql, events);
  const worker = await bench.start('workers/main.js', env, ['--queues=file-events']);
  return { backlog, worker };
}

async function measureGrowth(bench: Bench): Promise<Measured> {
  const rows = bench.short ? MANY_IN_SHORT : MANY;
  const [large, small] = await Promise.all([openFilled(bench, rows), openFilled(bench, FEW)]);
  const events = bench.short ? 4000 : 20_000;
  const cost = async ({ backlog }: { backlog: Backlog }) => {
    await backlog.fill(events);
    return ((await backlog.drain()) / events) * 1e6;
  };
  try {
    const rounds = await alternate(
      bench.rounds,
      () => cost(large),
      () => cost(small),
    );
    return { rounds, notes: [`${rows.toLocaleString('en')} rows`] };
  } finally {
    for (const { backlog, worker } of [large, small]) {
      await worker.stop();
      await backlog.close();
    }
  }
}

export const growth: Figure = {
  name: 'growth',
  what: 'apply cost per event with 1,000,000 rows in the tables',
  beside: 'with 10,000',
  unit: 'µs',
  target: { atMost: 1.25 },
  measure: measureGrowth,
};
