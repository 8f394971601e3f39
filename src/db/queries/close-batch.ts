import type { CloseReason } from '../../domain/batching.ts';
import { listsUnfinished, statusAtClose } from '../../domain/batching.ts';
import type { Transaction } from '../client.ts';
import type { BatchRow } from './batches.ts';

/** What closing a batch brought into being. */
export interface Closing {
  batch_id: string;
  /** The mail to render and send; null when it is suppressed from the start. */
  email_id: number | null;
  /** The batch that took over what was unfinished. */
  next: { batch_id: string; due_at: Date } | null;
}

/**
 * Closes a locked open batch, once: moves its unfinished files on (unless the mail is to list them),
 * fixes counts and status, and writes the mail's row, all in the caller's transaction.
 * @param options.mailsEnabled the global switch; `maxAttempts` is stored with the mail
 */
export async function closeBatch(
  tx: Transaction,
  batch: BatchRow,
  reason: CloseReason,
  now: Date,
  options: { mailsEnabled: boolean; maxAttempts: number },
): Promise<Closing> {
  const unfinished = batch.total_files - batch.successful_files - batch.failed_files;
  const carries = unfinished > 0 && !listsUnfinished(reason);
  const counts = {
    total: carries ? batch.total_files - unfinished : batch.total_files,
    successful: batch.successful_files,
    failed: batch.failed_files,
  };
  await tx`
    update batch_processing_sessions set
      status = ${statusAtClose(counts)}, closed_by = ${reason}, batch_end_time = ${now}, updated_at = ${now}
    where batch_id = ${batch.batch_id}::uuid and status = 'processing'`;
  const next = carries ? await carryOver(tx, batch, unfinished, now) : null;
  const suppressed = suppression(batch, counts.total, options.mailsEnabled);
  const [email] = await tx<{ id: number }[]>`
    insert into email_notification_log
      (batch_id, recipient_email, company_id, bot_id, email_type, max_attempts, send_status, suppressed_reason)
    values (${batch.batch_id}::uuid, ${batch.user_email}, ${batch.company_id}, ${batch.bot_id},
            'batch_completion', ${options.maxAttempts},
            ${suppressed ? 'suppressed' : 'pending'}, ${suppressed})
    returning id`;
  return { batch_id: batch.batch_id, email_id: suppressed ? null : (email?.id ?? null), next };
}

function suppression(batch: BatchRow, total: number, mailsEnabled: boolean): string | null {
  if (total === 0) return 'empty';
  if (!mailsEnabled) return 'emails_disabled';
  return batch.user_preferences_snapshot.notification_enabled ? null : 'notifications_disabled';
}

/** Opens the owner's next batch with the files that are not done, under the same preferences. */
async function carryOver(tx: Transaction, batch: BatchRow, unfinished: number, now: Date) {
  const delayMs = batch.user_preferences_snapshot.notification_delay_minutes * 60_000;
  const dueAt = new Date(now.getTime() + delayMs);
  const age = Math.round((now.getTime() - batch.batch_start_time.getTime()) / 1000);
  const [next] = await tx<{ batch_id: string }[]>`
    insert into batch_processing_sessions
      (company_id, bot_id, user_email, batch_start_time, due_at, carried_over_from,
       user_preferences_snapshot, preferences_source, preferences_age_seconds, preferences_stale_at,
       preferences_compare_at)
    values (${batch.company_id}, ${batch.bot_id}, ${batch.user_email}, ${now}, ${dueAt},
            ${batch.batch_id}::uuid, ${JSON.stringify(batch.user_preferences_snapshot)}::text::jsonb,
            ${batch.preferences_source}, ${batch.preferences_age_seconds + age},
            ${batch.preferences_stale_at}, ${batch.preferences_compare_at})
    returning batch_id`;
  if (!next) throw new Error('carry-over returned no batch');
  const [moved] = await tx<{ events: number }[]>`
    with moved as (
      update batch_files set batch_id = ${next.batch_id}::uuid, carried_over_from = ${batch.batch_id}::uuid
      where batch_id = ${batch.batch_id}::uuid and processing_status in ('pending', 'processing')
      returning id, file_document_id, event_count
    ), states as (
      update file_processing_status s set batch_id = ${next.batch_id}::uuid
      from moved m
      where s.file_document_id = m.file_document_id and s.company_id = ${batch.company_id}
        and s.bot_id = ${batch.bot_id} and s.user_email = ${batch.user_email}
    )
    select coalesce(sum(event_count), 0)::int as events from moved`;
  const events = moved?.events ?? 0;
  await tx`
    update batch_processing_sessions set
      total_files = total_files - ${unfinished}, event_count = event_count - ${events}
    where batch_id = ${batch.batch_id}::uuid`;
  await tx`
    update batch_processing_sessions set total_files = ${unfinished}, event_count = ${events}
    where batch_id = ${next.batch_id}::uuid`;
  return { batch_id: next.batch_id, due_at: dueAt };
}
