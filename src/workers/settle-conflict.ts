import type { Transaction } from '../db/client.ts';
import { recordConflict, removedFrom } from '../db/queries/conflicts.ts';
import { requestRestore } from '../db/queries/restores.ts';
import type { Deps } from '../deps.ts';
import type { RemovalAccount } from '../domain/removal-account.ts';

/** A file came back while it was being removed: what is missing of it, and whether that comes back. */
export interface Conflict {
  removed: RemovalAccount;
  restoring: boolean;
  /** Why nothing is put back; empty where it is. */
  notRestored: string;
}

/**
 * Writes down what a correction had removed when it met a success, for the file's owners to be told,
 * and has it put back where undo is on.
 * @param tx the transaction that ends the correction
 */
export async function settleConflict(
  tx: Transaction,
  { config }: Pick<Deps, 'config'>,
  id: number,
): Promise<Conflict> {
  const removed = await removedFrom(tx, id);
  const harmless = Object.keys(removed).length === 0;
  if (harmless) return { removed, restoring: false, notRestored: 'nothing was removed' };
  await recordConflict(tx, id, removed);
  if (config.CORRECTION_QUARANTINE_DAYS === 0)
    return { removed, restoring: false, notRestored: 'CORRECTION_QUARANTINE_DAYS is 0' };
  const objection = await requestRestore(tx, id, 'conflict');
  return { removed, restoring: objection === null, notRestored: objection ?? '' };
}
