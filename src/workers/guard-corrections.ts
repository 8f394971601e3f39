import type { CorrectionEnd } from '../db/queries/correction-books.ts';
import { type Objection, objectionsTo } from '../db/queries/correction-guard.ts';
import { sharedObjects } from '../db/queries/shared-objects.ts';
import type { Deps } from '../deps.ts';
import { recordObjection } from '../domain/cms-record.ts';
import { readRecords } from '../stores/cms.ts';
import type { StoredFile } from '../stores/store.ts';
import { StoreError } from '../stores/store-error.ts';
import { type Correction, laterWithoutAttempt, WAITING } from './correction.ts';
import { keysOf } from './leftover-places.ts';

/**
 * The guard of promise 6, right before a step: asks the CMS, as far as it can tell, and then our own
 * records whether each file is still the one that failed. Whoever is objected to ends here.
 * @returns those that may go on
 */
export async function guardCorrections(
  deps: Deps,
  corrections: readonly Correction[],
): Promise<Correction[]> {
  const going = corrections.filter(({ end }) => end === null);
  await askCms(deps, going);
  await askOwnRecords(deps, going);
  return going.filter(({ end }) => end === null);
}

/** The guard's second half, which is cheap. Whoever is objected to ends here. */
export async function askOwnRecords(deps: Deps, corrections: readonly Correction[]): Promise<void> {
  const tasks = corrections.map(({ task }) => task);
  const objections = await objectionsTo(deps.db.sql, tasks);
  for (const correction of corrections) {
    const objection = objections.get(correction.task.id);
    if (objection) correction.end = endBy(objection, correction);
  }
}

/**
 * A CMS that is away, or knows nothing of a file, tells nothing: our own records decide. Whether there
 * is a record is kept for the step that follows, which need not ask again.
 */
async function askCms(deps: Deps, corrections: readonly Correction[]): Promise<void> {
  for (const { file } of corrections) delete file.hasRecord;
  if (deps.stores.cms.rests()) return;
  const ids = corrections.map(({ task }) => task.file_document_id);
  const records = await readRecords(deps.cms, ids);
  for (const [nth, correction] of corrections.entries()) {
    const record = records[nth];
    if (record === undefined || record instanceof StoreError) continue;
    correction.file.hasRecord = record !== null;
    if (record === null) continue;
    const { generation } = correction.task;
    const failed = { generation, storage_keys: keysOf(correction) };
    const reason = recordObjection(failed, record);
    if (reason) correction.end = { status: 'cancelled', reason, conflict: correction.touched };
  }
}

/**
 * The objects among those of the corrections that other files live by. A correction that has to wait
 * for an event that names its object ends here for now.
 * @returns their places
 */
export async function objectsOfOthers(
  deps: Deps,
  corrections: readonly Correction[],
): Promise<Set<StoredFile>> {
  const slashes = deps.config.S3_SLASH_KEYS === 'prefix';
  const asked = corrections.flatMap((correction) =>
    correction.places.s3_delete.flatMap((place) => {
      const { documentId, storageKey } = place;
      if (storageKey === null) return [];
      const isPrefix = slashes && storageKey.endsWith('/');
      return [{ correction, place, object: { documentId, storageKey, isPrefix } }];
    }),
  );
  const objects = asked.map(({ object }) => object);
  const sharing = await sharedObjects(deps.db.sql, objects, slashes);
  const kept = new Set<StoredFile>();
  for (const { correction, place, object } of asked) {
    if (sharing.get(object) === 'kept') kept.add(place);
    if (sharing.get(object) === 'waiting')
      correction.end = laterWithoutAttempt(WAITING_FOR_ANOTHER);
  }
  return kept;
}

const WAITING_FOR_ANOTHER = 'an accepted event of another file names the same object';

/** A success that was accepted while the last delete was in flight is a conflict, not a completion. */
export async function completeCorrections(
  deps: Deps,
  corrections: readonly Correction[],
): Promise<void> {
  const tasks = corrections.map(({ task }) => task);
  const objections = await objectionsTo(deps.db.sql, tasks);
  for (const correction of corrections) {
    const objection = objections.get(correction.task.id) ?? null;
    if (objection === null || objection === 'it was deleted')
      correction.end = { status: 'completed' };
    else if (objection === 'waiting') correction.end = laterWithoutAttempt(WAITING);
    else {
      const reason = `after the removal: ${objection}`;
      correction.end = { status: 'cancelled', reason, conflict: true };
    }
  }
}

function endBy(objection: Objection, { touched }: Correction): CorrectionEnd {
  if (objection === 'waiting') return laterWithoutAttempt(WAITING);
  // Whoever deleted the file misses nothing of it.
  return {
    status: 'cancelled',
    reason: objection,
    conflict: touched && objection !== 'it was deleted',
  };
}
