import type { Sql } from '../../src/db/client.ts';
import type { System } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Lets every claim of a process that is gone run out now. */
export async function expireLeases(sql: Sql): Promise<void> {
  await sql`
    update email_notification_log set lease_expires_at = now() - interval '1 second'
    where send_status = 'sending'`;
  await sql`
    update auto_correction_tasks set lease_expires_at = now() - interval '1 second'
    where status = 'processing'`;
  await sql`
    update correction_restores set lease_expires_at = now() - interval '1 second'
    where status = 'processing'`;
}

/** Moves the clock: every open batch is due now. */
export async function makeAllDue(sql: Sql): Promise<void> {
  await sql`
    update batch_processing_sessions set due_at = now() - interval '1 second'
    where status = 'processing'`;
}

/** What is still under way, by kind; empty when everything accepted has come to its end. */
export async function underWay(sql: Sql): Promise<Record<string, number>> {
  const [row] = await sql<Record<string, number>[]>`
    select
      (select count(*) from file_events where applied_at is null and dead_lettered_at is null) as events,
      (select count(*) from batch_processing_sessions where status = 'processing'
        and successful_files + failed_files > 0) as batches,
      (select count(*) from email_notification_log
        where send_status in ('pending', 'sending')) as mails,
      (select count(*) from auto_correction_tasks
        where status in ('pending', 'processing')) as corrections,
      (select count(*) from correction_restores
        where status in ('pending', 'processing')) as restores,
      (select count(*) from correction_second_looks where look_at <= now()) as second_looks,
      (select count(*) from correction_quarantines
        where state <> 'purged' and expires_at <= now()) as expired_quarantines,
      (select count(*) from batch_processing_sessions
        where notification_sent and cms_written_back_at is null) as write_backs,
      (select count(*) from company_notification_usage where told_month is null) as usage,
      (select count(*) from batch_processing_sessions
        where status = 'processing' and preferences_stale_at is not null) as stale`;
  return Object.fromEntries(Object.entries(row ?? {}).filter(([, count]) => count > 0));
}

/** Waits until nothing is under way. */
export async function settled({ deps }: System, ms = 40_000): Promise<void> {
  let last = {};
  await until(
    'everything accepted comes to its end',
    async () => {
      last = await underWay(deps.db.sql);
      return Object.keys(last).length === 0;
    },
    ms,
  ).catch((error: Error) => {
    throw new Error(`${error.message}; still under way: ${JSON.stringify(last)}`);
  });
}

/** Batches whose counts are not those of their lines; there must be none. */
export async function miscounted(sql: Sql): Promise<object[]> {
  return sql<object[]>`
    select b.batch_id, b.total_files, b.successful_files, b.failed_files, b.event_count, l.*
    from batch_processing_sessions b
    cross join lateral (
      select count(*) as lines,
        count(*) filter (where processing_status = 'success') as successes,
        count(*) filter (where processing_status = 'failed') as failures,
        coalesce(sum(event_count), 0) as events
      from batch_files f where f.batch_id = b.batch_id
    ) l
    where (b.total_files, b.successful_files, b.failed_files, b.event_count)
      is distinct from (l.lines, l.successes, l.failures, l.events)`;
}

/** Events that the books have lost; must be 0. */
export async function unaccounted(system: System): Promise<number> {
  return (await system.call('GET', '/api/audit')).body.data.unaccounted as number;
}
