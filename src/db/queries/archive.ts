import type { Transaction } from '../client.ts';

/**
 * Removal of what is settled and old. Whatever the audit counts is taken out of both of its sides in one
 * transaction and added to `audit_archive`, so that its books stay closed; a difference between the sides
 * stays visible as unaccounted. Where a file stands is never removed while the file exists: corrections
 * and the order of events are judged by it.
 */

/** Adds to the archive's counts. Zeros are left out. */
async function book(tx: Transaction, counts: Record<string, number>): Promise<void> {
  const entries = Object.entries(counts).filter(([, events]) => events > 0);
  if (entries.length === 0) return;
  // In one order, so that two that book at once wait for each other instead of deadlocking.
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  await tx`
    insert into audit_archive as a (class, events)
    select * from unnest(
      ${entries.map(([name]) => name)}::text[], ${entries.map(([, events]) => events)}::bigint[])
    on conflict (class) do update set events = a.events + excluded.events`;
}

/**
 * Removes batches that closed before `before`, with their lines, mails and events. Kept are those whose
 * mail is not settled, an unknown one included, and those the CMS has still to be told of.
 * @returns how many, at most `limit`
 */
export async function archiveBatches(
  tx: Transaction,
  before: Date,
  limit: number,
): Promise<number> {
  const settled = await tx<{ batch_id: string; send_status: string }[]>`
    select b.batch_id, e.send_status
    from batch_processing_sessions b
    join email_notification_log e on e.batch_id = b.batch_id and e.email_type = 'batch_completion'
    where b.status <> 'processing' and b.batch_end_time < ${before}
      and e.send_status in ('sent', 'failed', 'suppressed')
      and (not b.notification_sent or b.cms_written_back_at is not null)
      and not exists (select from email_notification_log o where o.batch_id = b.batch_id
        and o.send_status not in ('sent', 'failed', 'suppressed'))
    order by b.batch_end_time limit ${limit}
    for update of e skip locked`;
  if (settled.length === 0) return 0;
  const ids = settled.map(({ batch_id }) => batch_id);
  const lines = await tx<{ id: number; file_document_id: string }[]>`
    select id, file_document_id from batch_files where batch_id = any(${ids}::uuid[])`;
  const lineIds = lines.map(({ id }) => id);
  const documents = [...new Set(lines.map(({ file_document_id }) => file_document_id))];
  await tx`
    update file_processing_status set batch_id = null, batch_file_id = null
    where file_document_id = any(${documents}::text[]) and batch_file_id = any(${lineIds}::bigint[])`;
  const events = await tx`
    delete from file_events
    where file_document_id = any(${documents}::text[]) and batch_file_id = any(${lineIds}::bigint[])`;
  await removeMails(tx, await mailsOf(tx, ids));
  const removed = await tx<{ batch_id: string; event_count: number }[]>`
    delete from batch_processing_sessions where batch_id = any(${ids}::uuid[])
    returning batch_id, event_count`;
  const counts: Record<string, number> = { accepted: events.count };
  const statuses = new Map(settled.map((row) => [row.batch_id, row.send_status]));
  for (const { batch_id, event_count } of removed) {
    const status = statuses.get(batch_id)!;
    const name = status === 'sent' ? 'reported' : status;
    counts[name] = (counts[name] ?? 0) + event_count;
  }
  await book(tx, counts);
  return removed.length;
}

async function mailsOf(tx: Transaction, batchIds: string[]): Promise<number[]> {
  const rows = await tx<{ id: number }[]>`
    select id from email_notification_log where batch_id = any(${batchIds}::uuid[])`;
  return rows.map(({ id }) => id);
}

async function removeMails(tx: Transaction, ids: number[]): Promise<void> {
  await tx`delete from notification_retry_log where email_id = any(${ids}::bigint[])`;
  await tx`delete from email_notification_log where id = any(${ids}::bigint[])`;
}

/** Removes settled alerts and summaries, which belong to no batch. @returns how many */
export async function archiveOtherMails(
  tx: Transaction,
  before: Date,
  limit: number,
): Promise<number> {
  const rows = await tx<{ id: number }[]>`
    select id from email_notification_log
    where batch_id is null and created_at < ${before}
      and send_status in ('sent', 'failed', 'suppressed')
    order by created_at limit ${limit} for update skip locked`;
  await removeMails(
    tx,
    rows.map(({ id }) => id),
  );
  return rows.length;
}

/** Forgets files that were deleted before `before`, with the events no line reports. @returns how many */
export async function archiveDeletedFiles(
  tx: Transaction,
  before: Date,
  limit: number,
): Promise<number> {
  const [row] = await tx<{ files: number; events: number; booked: number }[]>`
    with gone as (
      delete from file_processing_status where id in (
        select id from file_processing_status
        where deleted_at is not null and updated_at < ${before}
        order by updated_at limit ${limit} for update skip locked)
      returning file_document_id, company_id, bot_id, user_email, deleted_event_count
    ), events as (
      delete from file_events e using gone g
      where e.file_document_id = g.file_document_id and e.company_id = g.company_id
        and e.bot_id = g.bot_id and e.user_email = g.user_email and e.applied_at is not null
        and not exists (select from batch_files f where f.id = e.batch_file_id)
      returning 1
    )
    select (select count(*) from gone)::int as files, (select count(*) from events)::int as events,
      (select coalesce(sum(deleted_event_count), 0) from gone)::int as booked`;
  const { files, events, booked } = row!;
  await book(tx, { accepted: events, suppressed: booked });
  return files;
}

/** Removes events that were dead-lettered before `before`. @returns how many */
export async function archiveDeadLetters(
  tx: Transaction,
  before: Date,
  limit: number,
): Promise<number> {
  const { count } = await tx`
    delete from file_events where id in (
      select id from file_events where dead_lettered_at < ${before}
      order by dead_lettered_at limit ${limit})`;
  await book(tx, { accepted: count, dead_lettered: count });
  return count;
}

/**
 * Removes corrections that ended, and errors that were noted, before `before`. One that can still be
 * undone stays. @returns how many
 */
export async function archiveFailures(
  tx: Transaction,
  before: Date,
  limit: number,
): Promise<number> {
  const tasks = await tx`
    with old as (
      select id from auto_correction_tasks t
      where created_at < ${before} and completed_at < ${before}
        and status in ('completed', 'failed', 'cancelled', 'dry_run')
        and not exists (select from correction_quarantines q
          where q.correction_id = t.id and q.state <> 'purged')
      order by created_at limit ${limit}
    ), purged as (
      delete from correction_quarantines where correction_id in (select id from old)
    )
    delete from auto_correction_tasks where id in (select id from old)`;
  const errors = await tx`
    delete from processing_errors where id in (
      select id from processing_errors where created_at < ${before}
      order by created_at limit ${limit})`;
  return Math.max(tasks.count, errors.count);
}
