import { randomUUID } from 'node:crypto';
import { beginSaving, forgetPart, markHeld } from '../db/queries/quarantines.ts';
import type { Deps } from '../deps.ts';
import { collectionName } from '../domain/collection-name.ts';
import type { CorrectionAction } from '../domain/corrections.ts';
import { STORE_OF_ACTION } from '../domain/removal-account.ts';
import { reasonOf } from '../errors.ts';
import type { StoredFile } from '../stores/store.ts';
import { StoreError, type StoreName } from '../stores/store-error.ts';
import type { Correction } from './correction.ts';
import { guardCorrections, objectsOfOthers } from './guard-corrections.ts';
import { keysOf } from './leftover-places.ts';
import { placesToAsk } from './remove-leftovers.ts';

/** Files saved at a time by one job. */
const AT_ONCE = 8;

/**
 * Where undo is on, saves what the step is about to remove. Each file by itself: one that cannot be
 * saved must not be removed, and does not keep the others. Whether undo is on or not, objects of the
 * quarantine itself are refused.
 * @returns the corrections that may go on; they have to be guarded after this, because saving takes time
 */
export async function savedCorrections(
  deps: Deps,
  action: CorrectionAction,
  corrections: readonly Correction[],
): Promise<Correction[]> {
  const store = STORE_OF_ACTION[action];
  const refused = corrections.filter((correction) => {
    const reason =
      action === 's3_delete' && keysOf(correction).some((key) => isQuarantine(deps, key));
    if (reason) correction.failures.set(action, { reason: OWN_KEY, error: null });
    return reason;
  });
  const allowed = corrections.filter((correction) => !refused.includes(correction));
  if (deps.config.CORRECTION_QUARANTINE_DAYS === 0) return allowed;
  const going = await guardCorrections(deps, allowed);
  // Kept, what stays for another file would be in the way of the rest once that file changes it.
  const ofOthers =
    action === 's3_delete' ? await objectsOfOthers(deps, going) : new Set<StoredFile>();
  const leaving = (correction: Correction) =>
    placesToAsk(deps, action, correction).filter((place) => !ofOthers.has(place));
  const waiting = await withinS3(
    deps,
    action,
    going.filter((correction) => correction.end === null && leaving(correction).length > 0),
  );
  const work = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      try {
        for (const place of leaving(next)) await save(deps, store, next, place);
      } catch (error) {
        const reason = `not saved to the quarantine: ${reasonOf(error)}`;
        next.failures.set(action, { reason, error: error instanceof StoreError ? error : null });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return going.filter(({ failures }) => !failures.has(action));
}

/** Whatever is saved is written to S3, which has to have time for it; the step's own store was asked. */
async function withinS3(
  deps: Deps,
  action: CorrectionAction,
  corrections: Correction[],
): Promise<Correction[]> {
  if (action === 's3_delete' || corrections.length === 0) return corrections;
  const { admitted, refusal } = await deps.stores.s3.admit(corrections.length);
  if (refusal)
    for (const { failures } of corrections.slice(admitted))
      failures.set(action, { reason: `not saved: ${refusal.message}`, error: refusal });
  return corrections.slice(0, admitted);
}

async function save(
  { config, db, quarantine, metrics }: Deps,
  store: StoreName,
  { task }: Correction,
  file: StoredFile,
): Promise<void> {
  const place = `${config.CORRECTION_QUARANTINE_PREFIX}${task.id}/${randomUUID()}/`;
  const collection = store === 'chroma' ? collectionName(config.CHROMA_COLLECTION, file) : null;
  const part = { correction_id: task.id, store, storage_key: file.storageKey, place, collection };
  const id = await beginSaving(db.sql, part, config.CORRECTION_QUARANTINE_DAYS);
  const saved = await quarantine.save(store, file, { place, collection });
  if (saved && (await markHeld(db.sql, id, saved))) {
    metrics.quarantined.inc({ store }, saved.lines);
    return;
  }
  await quarantine.purge(place);
  await forgetPart(db.sql, id);
}

const OWN_KEY = 'its storage key is that of the quarantine, which no correction may touch';

/** A producer that names the quarantine, or a folder it is in, would have it removed. */
function isQuarantine({ config }: Deps, storageKey: string): boolean {
  const prefix = config.CORRECTION_QUARANTINE_PREFIX;
  return (
    storageKey.startsWith(prefix) || (storageKey.endsWith('/') && prefix.startsWith(storageKey))
  );
}
