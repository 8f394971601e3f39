import type { AuditReport } from '../../contracts/audit.ts';
import type { Queryable } from '../client.ts';

/**
 * Accounts for every accepted event (promise 7). Double entry: `accepted` counts the inbox, the
 * classes come from the events each batch, deletion, dead letter and wait has booked; what the two
 * sides differ by is unaccounted for. Rows removed for their age were counted when they went.
 */
export async function audit(db: Queryable): Promise<AuditReport> {
  const [row] = await db<AuditReport[]>`
    with entries (class, events) as (
      select 'accepted', count(*) from file_events
      union all select 'pending', count(*) from unapplied_file_events
      union all select 'dead_lettered', count(*) from file_events where dead_lettered_at is not null
      union all select 'suppressed', sum(deleted_event_count) from file_processing_status
        where deleted_event_count > 0
      union all select case
          when e.send_status = 'sent' then 'reported'
          when e.send_status in ('unknown', 'failed', 'suppressed') then e.send_status
          else 'pending' end,
        sum(b.event_count)
      from batch_processing_sessions b
      left join email_notification_log e
        on e.batch_id = b.batch_id and e.email_type = 'batch_completion'
      group by 1
      union all select class, events from audit_archive
    ), sums as (
      select
        coalesce(sum(events) filter (where class = 'accepted'), 0)::bigint as accepted,
        coalesce(sum(events) filter (where class = 'reported'), 0)::bigint as reported,
        coalesce(sum(events) filter (where class = 'suppressed'), 0)::bigint as suppressed,
        coalesce(sum(events) filter (where class = 'unknown'), 0)::bigint as unknown,
        coalesce(sum(events) filter (where class = 'failed'), 0)::bigint as failed,
        coalesce(sum(events) filter (where class = 'pending'), 0)::bigint as pending,
        coalesce(sum(events) filter (where class = 'dead_lettered'), 0)::bigint as dead_lettered
      from entries
    )
    select *, accepted - reported - suppressed - unknown - failed - pending - dead_lettered
      as unaccounted
    from sums`;
  if (!row) throw new Error('the audit answered nothing');
  return row;
}

/** Ages in seconds of the oldest things that wait, 0 where nothing does. */
export async function ages(db: Queryable) {
  const [row] = await db<
    {
      unapplied_event: number;
      overdue_batch: number;
      pending_mail: number;
      pending_restore: number;
      expired_quarantine: number;
      pending_corrections: number;
      active_batches: number;
    }[]
  >`
    select
      coalesce((select extract(epoch from now() - min(received_at)) from file_event_chunks),
        0)::float8 as unapplied_event,
      greatest(0, coalesce((select extract(epoch from now() - min(due_at))
        from batch_processing_sessions where closed_by is null), 0))::float8 as overdue_batch,
      coalesce((select extract(epoch from now() - min(created_at)) from email_notification_log
        where send_status in ('pending', 'sending')), 0)::float8 as pending_mail,
      coalesce((select extract(epoch from now() - min(requested_at)) from correction_restores
        where status in ('pending', 'processing')), 0)::float8 as pending_restore,
      greatest(0, coalesce((select extract(epoch from now() - min(expires_at))
        from correction_quarantines where state <> 'purged'), 0))::float8 as expired_quarantine,
      (select count(*) from auto_correction_tasks
        where status in ('pending', 'awaiting_approval', 'processing'))::int as pending_corrections,
      (select count(*) from batch_processing_sessions where status = 'processing')::int
        as active_batches`;
  if (!row) throw new Error('the ages answered nothing');
  return row;
}
