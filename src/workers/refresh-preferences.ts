import { staleTogether } from '../db/queries/preferences.ts';
import type { Deps } from '../deps.ts';
import { ownerKey } from '../domain/owner.ts';
import { NotYet } from '../errors.ts';
import { retimeOpenBatch } from './retime-batch.ts';

/** While the CMS does not answer, the batch keeps what it has and is looked at again after this. */
const RETRY_MS = 5000;
/** As many as one question to the CMS may be about. */
const TOGETHER = 100;

/**
 * `preferences`: re-times an open batch whose preferences have changed, and others that wait for the
 * same; their own jobs then find nothing to do. The webhook that led here is only a hint; what counts
 * is what the CMS answers now.
 */
export async function refreshPreferences(deps: Deps, { batch_id }: { batch_id: string }) {
  const stale = await staleTogether(deps.db.sql, batch_id, TOGETHER);
  if (stale.length === 0) return;
  const answers = await deps.preferences.ask(stale);
  let answered = false;
  for (const batch of stale) {
    const resolved = answers.get(ownerKey(batch));
    if (!resolved) continue;
    await retimeOpenBatch(deps, batch, resolved);
    answered ||= batch.batch_id === batch_id;
  }
  if (!answered) throw new NotYet(new Date(Date.now() + RETRY_MS), 'the CMS does not answer');
}
