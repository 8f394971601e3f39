import type { NotificationSettings, PreferenceSource } from '../../src/contracts/preferences.ts';
import type { Sql } from '../../src/db/client.ts';
import { ownerKey } from '../../src/domain/owner.ts';
import { type Person, settingsOf } from './workload.ts';

/** What the database says of a run afterwards. */
export interface Verdict {
  accepted: number;
  reported: number;
  batches: number;
  mails: number;
  /** Batches by where their preferences came from. */
  sources: Partial<Record<PreferenceSource, number>>;
  /** The longest time between a batch's closing and its mail, in seconds. */
  slowestMail: number;
  /** Batches that closed although neither their due time nor their threshold had come. */
  early: number;
  /** Batches with settings that were neither their owner's nor, as `defaults`, ours. */
  strange: number;
}

interface ClosedBatch {
  company_id: number;
  bot_id: number;
  user_email: string;
  closed_by: string;
  open_seconds: number;
  successful_files: number;
  user_preferences_snapshot: NotificationSettings;
  preferences_source: PreferenceSource;
  mail_seconds: number;
}

/**
 * Nobody is late in a run that ends: after every step of the clock it waits until nothing is due.
 * @param ours the settings of last resort
 * @param changed people whose settings changed meanwhile, by `ownerKey`
 */
export async function judge(
  sql: Sql,
  people: Person[],
  ours: NotificationSettings,
  changed: Set<string> = new Set(),
): Promise<Verdict> {
  const closed = await sql<ClosedBatch[]>`
    select b.*, extract(epoch from b.batch_end_time - b.batch_start_time)::float as open_seconds,
      extract(epoch from e.sent_at - b.batch_end_time)::float as mail_seconds
    from batch_processing_sessions b join email_notification_log e using (batch_id)
    where e.send_status = 'sent'`;
  const [events] = await sql<{ accepted: number; reported: number }[]>`
    select count(*)::int as accepted,
      count(*) filter (where l.batch_id is not null)::int as reported
    from file_events f left join (
      select file_document_id, batch_id from batch_files join email_notification_log using (batch_id)
      where send_status = 'sent') l using (file_document_id)`;
  const wants = new Map(people.map((person) => [ownerKey(person), settingsOf(person)]));
  const sources: Verdict['sources'] = {};
  for (const { preferences_source: source } of closed) sources[source] = (sources[source] ?? 0) + 1;
  return {
    ...events!,
    batches: closed.length,
    mails: closed.length,
    sources,
    slowestMail: Math.max(0, ...closed.map((batch) => batch.mail_seconds)),
    early: closed.filter(isEarly).length,
    strange: closed.filter((batch) => !changed.has(ownerKey(batch)) && isStrange(batch)).length,
  };

  function isStrange(batch: ClosedBatch): boolean {
    const said = batch.preferences_source === 'defaults' ? ours : wants.get(ownerKey(batch))!;
    const { notification_delay_minutes: delay, batch_size_threshold: threshold } =
      batch.user_preferences_snapshot;
    return delay !== said.notification_delay_minutes || threshold !== said.batch_size_threshold;
  }
}

/** By the settings it was closed with; a second is left to rounding. */
function isEarly(batch: ClosedBatch): boolean {
  const { notification_delay_minutes, batch_size_threshold } = batch.user_preferences_snapshot;
  if (batch.closed_by === 'threshold') return batch.successful_files < batch_size_threshold;
  return batch.open_seconds < notification_delay_minutes * 60 - 1;
}
