import { findBatch } from '../db/queries/batches.ts';
import type { Deps } from '../deps.ts';
import { ownerKey } from '../domain/owner.ts';
import { NotYet } from '../errors.ts';
import { retimeOpenBatch } from './retime-batch.ts';

/** While the CMS does not answer, the batch keeps what it has and is looked at again after this. */
const RETRY_MS = 5000;

/**
 * `preferences`: re-times an open batch whose preferences have changed. The webhook that led here is
 * only a hint; what counts is what the CMS answers now.
 */
export async function refreshPreferences(deps: Deps, { batch_id }: { batch_id: string }) {
  const batch = await findBatch(deps.db.sql, batch_id);
  if (batch?.status !== 'processing' || !batch.preferences_stale_at) return;
  const resolved = (await deps.preferences.ask([batch])).get(ownerKey(batch));
  if (!resolved) throw new NotYet(new Date(Date.now() + RETRY_MS), 'the CMS does not answer');
  await retimeOpenBatch(deps, batch, resolved);
}
