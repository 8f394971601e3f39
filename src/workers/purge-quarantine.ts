import { expiredParts, markPurged } from '../db/queries/quarantines.ts';
import type { Deps } from '../deps.ts';
import { NotYet } from '../errors.ts';

/**
 * `quarantine-purge`: removes what was kept of a correction and has had its time, proven by listing.
 * A part is noted as purged only then, so that one that could not be removed is tried again.
 */
export async function purgeQuarantine(
  { db, quarantine, metrics, stores }: Deps,
  { correction_id }: { correction_id: number },
): Promise<void> {
  for (const { id, place } of await expiredParts(db.sql, correction_id)) {
    const { refusal } = await stores.s3.admit(1);
    if (refusal)
      throw new NotYet(new Date(Date.now() + (refusal.retryAfterMs ?? 0)), refusal.message);
    await quarantine.purge(place);
    await markPurged(db.sql, id);
    metrics.quarantinePurged.inc();
  }
}
