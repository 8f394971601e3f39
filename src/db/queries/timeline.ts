import type { Queryable } from '../client.ts';

/** One thing that happened to a file. */
export interface TimelineEntry {
  at: Date;
  kind: 'event' | 'reported' | 'mail' | 'correction';
  what: string;
  detail: Record<string, unknown>;
}

/**
 * Everything that happened to one file, oldest first: its events and what each did, the batches that
 * report it, the mails of those batches and why they were (not) sent, and its corrections.
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
      select l.created_at, 'reported', l.processing_status,
        jsonb_build_object('batch_id', l.batch_id, 'generation', l.generation,
          'error', l.error_message, 'carried_over_from', l.carried_over_from)
      from lines l
      union all
      select coalesce(m.sent_at, m.created_at), 'mail', m.send_status,
        jsonb_build_object('email_id', m.id, 'batch_id', m.batch_id, 'subject', m.email_subject,
          'suppressed_reason', m.suppressed_reason, 'attempts', m.send_attempts,
          'error', m.error_message)
      from email_notification_log m where m.batch_id in (select batch_id from lines)
      union all
      select t.created_at, 'correction', t.status,
        jsonb_build_object('correction_id', t.id, 'generation', t.generation,
          'actions', t.correction_actions, 's3', t.s3_cleanup_completed,
          'chroma', t.chroma_cleanup_completed, 'cms', t.cms_cleanup_completed,
          'reason', coalesce(t.cancel_reason, t.error_during_correction))
      from auto_correction_tasks t where t.file_document_id = ${documentId}
    ) entries order by at, kind`;
}
