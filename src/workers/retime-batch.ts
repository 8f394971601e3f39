import { type BatchRow, findBatch, lockBatch } from '../db/queries/batches.ts';
import { type Closing, closeBatches } from '../db/queries/close-batch.ts';
import { retimeBatch } from '../db/queries/preferences.ts';
import type { Deps } from '../deps.ts';
import { reachesThreshold } from '../domain/batching.ts';
import type { Resolved } from '../stores/preferences.ts';
import { closingOptions } from './apply-chunk.ts';
import { raiseAfterClosing } from './raise.ts';

/**
 * Gives an open batch the preferences the CMS has now: it is due when they say, or closes at once where
 * their threshold is reached already.
 * @param before the batch as it was before the CMS was asked; a change noticed since leaves it stale
 */
export async function retimeOpenBatch(
  deps: Deps,
  before: BatchRow,
  resolved: Resolved,
): Promise<void> {
  const { sql } = deps.db;
  const { batch_id } = before;
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
    const options = closingOptions(deps.config);
    const [closing] = await closeBatches(tx, [retimed], 'threshold', new Date(), options);
    return closing ?? null;
  });
  if (closing) return raiseAfterClosing(deps, [{ closing, reason: 'threshold' }]);
  const batch = await findBatch(sql, batch_id);
  if (batch?.status === 'processing')
    await deps.producer.ensure('batch-close', [{ payload: { batch_id }, at: batch.due_at }]);
}
