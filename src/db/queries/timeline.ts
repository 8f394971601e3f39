import type { Queryable } from '../client.ts';

/** One thing that happened to a file. */
export interface TimelineEntry {
  at: Date;
  kind: 'event' | 'waiting' | 'reported' | 'mail' | 'correction' | 'restore';
  what: string;
  detail: Record<string, unknown>;
}

/**
 * Everything that happened to one file, oldest first: its events and what each did, the batches that
 * report it, or in which it waits to be reported and until when, the mails of those batches and why they
 * were (not) sent, and its corrections and their undoing, each when it was asked for and when it ended.
 */
export async function timelineOf(db: Queryable, documentId: string): Promise<TimelineEntry[]> {
  return db<TimelineEntry[]>`
    with lines as (
      select * from batch_files where file_document_id = ${documentId} order by id desc limit 200
    )
    select * from (
      (select e.occurred_at as at, 'event' as kind,
        coalesce(e.outcome, case when e.dead_lettered_at is null then 'accepted' else 'dead-lettered' end) as what,
        jsonb_build_object('event_id', e.event_id, 'action', e.action,
          'stage', e.payload->'processing_stage', 'status', e.payload->'status',
          'received_at', e.received_at, 'applied_at', e.applied_at,
          'reason', e.dead_letter_reason) as detail
      from file_events e where e.file_document_id = ${documentId} order by e.id desc limit 500)
      union all
      select coalesce(b.batch_end_time, l.created_at),
        case when b.closed_by is null then 'waiting' else 'reported' end, l.processing_status,
        jsonb_build_object('batch_id', l.batch_id, 'generation', l.generation,
          'error', l.error_message, 'carried_over_from', l.carried_over_from,
          'closed_by', b.closed_by, 'due_at', case when b.closed_by is null then b.due_at end)
      from lines l join batch_processing_sessions b using (batch_id)
      union all
      select coalesce(m.sent_at, m.created_at), 'mail', m.send_status,
        jsonb_build_object('email_id', m.id, 'batch_id', m.batch_id, 'subject', m.email_subject,
          'suppressed_reason', m.suppressed_reason, 'attempts', m.send_attempts,
          'error', m.error_message)
      from email_notification_log m where m.batch_id in (select batch_id from lines)
      union all
      select c.at, 'correction', c.what,
        jsonb_build_object('correction_id', t.id, 'generation', t.generation,
          'actions', t.correction_actions, 's3', t.s3_cleanup_completed,
          'chroma', t.chroma_cleanup_completed, 'cms', t.cms_cleanup_completed, 'status', t.status,
          'reason', case when c.what = t.status or t.completed_at is null
            then coalesce(t.cancel_reason, t.error_during_correction) end)
      from auto_correction_tasks t
      cross join lateral (values (t.created_at, 'created'), (t.completed_at, t.status)) as c(at, what)
      where t.file_document_id = ${documentId} and c.at is not null
      union all
      select u.at, 'restore', u.what,
        jsonb_build_object('correction_id', r.correction_id, 'requested_by', r.requested_by,
          'status', r.status,
          'reason', case when u.what = r.status or r.completed_at is null then r.reason end)
      from auto_correction_tasks t join correction_restores r on r.correction_id = t.id
      cross join lateral (
        values (r.requested_at, 'requested'), (r.completed_at, r.status)) as u(at, what)
      where t.file_document_id = ${documentId} and u.at is not null
    ) entries order by at, kind`;
}
