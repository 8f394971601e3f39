import { setTimeout as pause } from 'node:timers/promises';
import { openBacklog } from './backlog.ts';
import type { Bench } from './bench.ts';
import type { Figure, Measured } from './figure.ts';
import { alternate } from './rounds.ts';

/** Rendering a mail about very many files beside one about a hundred. */

const LARGE = 100_000;
const SMALL = 100;
const MAILS = 20;

async function measureRender(bench: Bench): Promise<Measured> {
  const env = await bench.freshEnv();
  const backlog = openBacklog(env);
  const { sql } = backlog;
  const worker = await bench.start('workers/main.js', env, ['--queues=email-render']);
  const closedBatch = async (files: number): Promise<number> => {
    const [batch] = await sql<{ batch_id: string }[]>`
      insert into batch_processing_sessions (company_id, bot_id, user_email, batch_start_time,
        batch_end_time, due_at, total_files, successful_files, failed_files, status, closed_by,
        user_preferences_snapshot, preferences_source)
      values (1, 1, ${`p${files}@example.com`}, now(), now(), now(), ${files}, ${files / 2},
        ${files / 2}, 'partially_completed', 'due', ${sql.json({
          notification_enabled: true,
          batch_size_threshold: 5,
          notification_delay_minutes: 30,
          email_format: 'html',
          include_success_details: true,
          include_error_details: true,
        })}, 'cms') returning batch_id`;
    await sql`
      insert into batch_files (batch_id, file_document_id, file_name, processing_status,
        processing_stage, error_message, error_category)
      select ${batch!.batch_id}::uuid, 'doc-' || n, 'report ' || md5(n::text) || '.pdf',
        case when n % 2 = 0 then 'failed' else 'success' end,
        case when n % 2 = 0 then 'failed' else 'completed' end,
        case when n % 2 = 0 then 'the parser gave up' end,
        case when n % 2 = 0 then 'processing_error' end
      from generate_series(1, ${files}::int) n`;
    const [email] = await sql<{ id: number }[]>`
      insert into email_notification_log (batch_id, recipient_email, company_id, bot_id, email_type,
        max_attempts)
      values (${batch!.batch_id}::uuid, ${`p${files}@example.com`}, 1, 1, 'batch_completion', 8)
      returning id`;
    return email!.id;
  };
  /** Milliseconds and jobs the worker counted so far. */
  const counted = async () => {
    const text = await (await fetch(`http://127.0.0.1:${worker.port}/metrics`)).text();
    const value = (kind: 'sum' | 'count') =>
      Number(
        new RegExp(`job_duration_seconds_${kind}\\{.*email-render.*\\} (\\S+)`).exec(text)?.[1] ??
          0,
      );
    return { ms: value('sum') * 1000, jobs: value('count') };
  };
  const render = async (email_id: number) => {
    const before = await counted();
    for (let nth = 1; nth <= MAILS; nth += 1) {
      await sql`update email_notification_log set rendered_at = null where id = ${email_id}`;
      await backlog.producer.ensure('email-render', [{ payload: { email_id } }]);
      while ((await counted()).jobs < before.jobs + nth) await pause(5);
    }
    return ((await counted()).ms - before.ms) / MAILS;
  };
  try {
    const [large, small] = [await closedBatch(LARGE), await closedBatch(SMALL)];
    await sql`vacuum analyze`;
    const rounds = await alternate(
      bench.rounds,
      () => render(large),
      () => render(small),
    );
    return { rounds };
  } finally {
    await worker.stop();
    await backlog.close();
  }
}

export const renderTime: Figure = {
  name: 'render',
  what: 'render time, batch of 100,000 files',
  beside: 'batch of 100',
  unit: 'ms',
  target: { atMost: 3 },
  guard: { ratio: { atMost: 4 } },
  measure: measureRender,
};
