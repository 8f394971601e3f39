import type {
  NotificationSettings,
  PreferenceOwner,
  PreferenceSource,
} from '../../contracts/preferences.ts';
import type { Queryable } from '../client.ts';
import type { BatchRow } from './batches.ts';

/** The owner's preferences have changed: their open batch, if any, is to be resolved again. */
export async function markStale(db: Queryable, owner: PreferenceOwner) {
  return db<{ batch_id: string }[]>`
    update batch_processing_sessions set preferences_stale_at = now()
    where status = 'processing' and company_id = ${owner.company_id} and bot_id = ${owner.bot_id}
      and user_email = ${owner.user_email}
    returning batch_id`;
}

/**
 * Gives an open batch its new preferences and the due time they mean.
 * @param staleAt when the change was noticed; a later one leaves the batch stale
 */
export async function retimeBatch(
  db: Queryable,
  batchId: string,
  resolved: { settings: NotificationSettings; source: PreferenceSource; age_seconds: number },
  dueAt: Date,
  staleAt: Date | null,
): Promise<void> {
  await db`
    update batch_processing_sessions set
      user_preferences_snapshot = ${JSON.stringify(resolved.settings)}::text::jsonb,
      preferences_source = ${resolved.source},
      preferences_age_seconds = ${Math.round(resolved.age_seconds)},
      due_at = case when close_requested_at is null then ${dueAt}::timestamptz else due_at end,
      -- The time read before has milliseconds only; compared as it is, the mark would never go.
      preferences_stale_at = case
        when date_trunc('milliseconds', preferences_stale_at) > ${staleAt} then preferences_stale_at end,
      updated_at = now()
    where batch_id = ${batchId}::uuid and status = 'processing'`;
}

/** Open batches whose preferences were marked stale before `before`. */
export function staleBatches(db: Queryable, before: Date) {
  return db<{ batch_id: string }[]>`
    select batch_id from batch_processing_sessions
    where closed_by is null and preferences_stale_at < ${before}
    order by preferences_stale_at`;
}

/** Open batches to be compared with the CMS before `until`, the most urgent first. */
export function batchesToCompare(db: Queryable, until: Date, limit: number) {
  return db<BatchRow[]>`
    select * from batch_processing_sessions
    where closed_by is null and preferences_compare_at < ${until}
    order by preferences_compare_at limit ${limit}`;
}

/** Sets when the batches are to be compared next. */
export async function compareAgainAt(db: Queryable, batchIds: string[], at: Date): Promise<void> {
  if (batchIds.length === 0) return;
  await db`
    update batch_processing_sessions set preferences_compare_at = ${at}
    where batch_id = any(${batchIds}::uuid[]) and status = 'processing'`;
}

/** A closed batch's mail is worded by other settings than it was closed with. */
export async function saveSettings(
  db: Queryable,
  batchId: string,
  settings: NotificationSettings,
): Promise<void> {
  await db`
    update batch_processing_sessions set
      user_preferences_snapshot = ${JSON.stringify(settings)}::text::jsonb, updated_at = now()
    where batch_id = ${batchId}::uuid`;
}
