import { findBatch, lockBatch } from '../db/queries/batches.ts';
import { type Closing, closeBatches } from '../db/queries/close-batch.ts';
import { retimeBatch } from '../db/queries/preferences.ts';
import type { Deps } from '../deps.ts';
import { reachesThreshold } from '../domain/batching.ts';
import { NotYet } from '../errors.ts';
import { mailOptions } from './apply-chunk.ts';
import { raiseAfterClosing } from './raise.ts';

/** While the CMS does not answer, the batch keeps what it has and is looked at again after this. */
const RETRY_MS = 5000;

/**
 * `preferences`: resolves an open batch's preferences again and re-times it. The webhook that led here
 * is only a hint; what counts is what the CMS answers now.
 */
export async function refreshPreferences(deps: Deps, { batch_id }: { batch_id: string }) {
  const { sql } = deps.db;
  const before = await findBatch(sql, batch_id);
  if (before?.status !== 'processing') return;
  deps.preferences.invalidate(before);
  const resolved = await deps.preferences.resolve(before);
  if (resolved.source === 'defaults' || resolved.source === 'stale_cache')
    throw new NotYet(new Date(Date.now() + RETRY_MS), 'the CMS does not answer');
  const { settings } = resolved;
  const closing = await sql.begin(async (tx): Promise<Closing | null> => {
    const batch = await lockBatch(tx, batch_id);
    if (batch?.status !== 'processing') return null;
    const delayMs = settings.notification_delay_minutes * 60_000;
    const dueAt = new Date(batch.batch_start_time.getTime() + delayMs);
    await retimeBatch(tx, batch_id, resolved, dueAt, before.preferences_stale_at);
    const counts = {
      total: batch.total_files,
      successful: batch.successful_files,
      failed: batch.failed_files,
    };
    if (counts.total === 0 || !reachesThreshold(counts, settings.batch_size_threshold)) return null;
    const retimed = { ...batch, user_preferences_snapshot: settings };
    const options = mailOptions(deps.config);
    const [closing] = await closeBatches(tx, [retimed], 'threshold', new Date(), options);
    return closing ?? null;
  });
  if (closing) return raiseAfterClosing(deps, [{ closing, reason: 'threshold' }]);
  const batch = await findBatch(sql, batch_id);
  if (batch?.status === 'processing')
    await deps.producer.ensure('batch-close', [{ payload: { batch_id }, at: batch.due_at }]);
}
