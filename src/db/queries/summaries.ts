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

/** The batches `b` of a person that report something and closed in `[from, to)`. */
const reportsOf = (db: Queryable, owner: PreferenceOwner, from: Date, to: Date) => db`
  b.user_email = ${owner.user_email} and b.company_id = ${owner.company_id}
    and b.bot_id = ${owner.bot_id} and b.batch_end_time >= ${from} and b.batch_end_time < ${to}
    and b.total_files > 0`;

/**
 * What these say last of each file: one that failed, or was still in progress, may have been reported again
 * since, and is one file.
 */
const lastWords = (db: Queryable, owner: PreferenceOwner, from: Date, to: Date) => db`(
  select distinct on (l.file_document_id) l.*
  from batch_files l join batch_processing_sessions b using (batch_id)
  where ${reportsOf(db, owner, from, to)}
  order by l.file_document_id, b.batch_end_time desc, b.id desc
)`;

/** The person's batches closed in `[from, to)`: the newest `limit`, and the totals of all. */
export async function summedBatches(
  db: Queryable,
  owner: PreferenceOwner,
  from: Date,
  to: Date,
  limit: number,
) {
  const [batches, [totals]] = await Promise.all([
    db<SummedBatch[]>`
      select batch_id, bot_id, batch_end_time, total_files, successful_files, failed_files
      from batch_processing_sessions b where ${reportsOf(db, owner, from, to)}
      order by batch_end_time desc, id desc limit ${limit}`,
    db<{ batches: number; files: number; successful: number; failed: number }[]>`
      select (
          select count(*) from batch_processing_sessions b where ${reportsOf(db, owner, from, to)}
        )::int as batches,
        count(*)::int as files,
        count(*) filter (where processing_status = 'success')::int as successful,
        count(*) filter (where processing_status = 'failed')::int as failed
      from ${lastWords(db, owner, from, to)} f`,
  ]);
  if (!totals) throw new Error('the totals answered nothing');
  return { batches: [...batches], totals };
}

/** The files that failed in the end, the first `limit` by name. */
export async function summedFailures(
  db: Queryable,
  owner: PreferenceOwner,
  from: Date,
  to: Date,
  limit: number,
): Promise<ReportedFile[]> {
  return db<ReportedFile[]>`
    ${linesOf(db, lastWords(db, owner, from, to))}
    where f.processing_status = 'failed'
    order by ${byName(db)} limit ${limit}`;
}
