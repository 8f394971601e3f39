import { createHash } from 'node:crypto';
import type { PreferenceOwner } from '../../contracts/preferences.ts';
import type { SummaryData } from '../../contracts/summaries.ts';
import { ownerKey } from '../../domain/owner.ts';
import type { Queryable } from '../client.ts';
import { byName, linesOf, type ReportedFile } from './mail-content.ts';

/**
 * Writes the mail of a summary, unless the same person's same period has one.
 * @returns the mail and whether it is new
 */
export async function createSummary(
  db: Queryable,
  owner: PreferenceOwner,
  data: SummaryData,
  maxAttempts: number,
): Promise<{ id: number; send_status: string; created: boolean }> {
  const who = createHash('sha256').update(ownerKey(owner)).digest('hex').slice(0, 32);
  const key = `${data.period}-${data.from}-${who}`;
  const [created] = await db<{ id: number; send_status: string }[]>`
    insert into email_notification_log
      (recipient_email, company_id, bot_id, email_type, subject_key, content_data, max_attempts)
    values (${owner.user_email}, ${owner.company_id}, ${owner.bot_id}, 'summary', ${key},
            ${JSON.stringify(data)}::text::jsonb, ${maxAttempts})
    on conflict (email_type, subject_key) where subject_key is not null do nothing
    returning id, send_status`;
  if (created) return { ...created, created: true };
  const [known] = await db<{ id: number; send_status: string }[]>`
    select id, send_status from email_notification_log
    where email_type = 'summary' and subject_key = ${key}`;
  if (!known) throw new Error('the summary was neither written nor found');
  return { ...known, created: false };
}

/** A batch of the period, counted. */
export interface SummedBatch {
  batch_id: string;
  bot_id: number;
  batch_end_time: Date;
  total_files: number;
  successful_files: number;
  failed_files: number;
}

/** The person's batches closed in `[from, to)`: the newest `limit`, and the totals of all. */
export async function summedBatches(
  db: Queryable,
  owner: PreferenceOwner,
  from: Date,
  to: Date,
  limit: number,
) {
  const rows = await db<
    (SummedBatch & { batches: number; files: number; good: number; bad: number })[]
  >`
    select batch_id, bot_id, batch_end_time, total_files, successful_files, failed_files,
      count(*) over ()::int as batches, sum(total_files) over ()::int as files,
      sum(successful_files) over ()::int as good, sum(failed_files) over ()::int as bad
    from batch_processing_sessions
    where user_email = ${owner.user_email} and company_id = ${owner.company_id}
      and bot_id = ${owner.bot_id} and batch_end_time >= ${from} and batch_end_time < ${to}
    order by batch_end_time desc limit ${limit}`;
  const [first] = rows;
  const totals = {
    batches: first?.batches ?? 0,
    files: first?.files ?? 0,
    successful: first?.good ?? 0,
    failed: first?.bad ?? 0,
  };
  return { batches: rows as SummedBatch[], totals };
}

/** The failed files of those batches, the first `limit` by name. */
export async function summedFailures(
  db: Queryable,
  owner: PreferenceOwner,
  from: Date,
  to: Date,
  limit: number,
): Promise<ReportedFile[]> {
  return db<ReportedFile[]>`
    ${linesOf(db)}
    where f.processing_status = 'failed' and f.batch_id in (
      select batch_id from batch_processing_sessions
      where user_email = ${owner.user_email} and company_id = ${owner.company_id}
        and bot_id = ${owner.bot_id} and batch_end_time >= ${from} and batch_end_time < ${to}
    )
    order by ${byName(db)} limit ${limit}`;
}
