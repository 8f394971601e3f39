import type { Config } from '../config.ts';
import type { Transaction } from '../db/client.ts';
import { linkErrors, type Settled, saveErrors, settleErrors } from '../db/queries/errors.ts';
import {
  type CreatedCorrection,
  cancelCorrections,
  createCorrections,
  learnStorageKeys,
  lockWaiting,
} from '../db/queries/failures.ts';
import { lookAgain } from '../db/queries/second-looks.ts';
import { modeChooser } from '../domain/correction-mode.ts';
import { correctionActions } from '../domain/corrections.ts';
import { isFinished } from '../domain/file-state.ts';
import type { JudgedChange } from './count-changes.ts';

/**
 * What failures call for: errors are recorded, corrections created and, where a newer event made them
 * pointless, cancelled; errors that a success or a delete outdated are settled.
 * @returns the new tasks
 */
export async function answerFailures(
  tx: Transaction,
  changes: JudgedChange[],
  config: Config,
  now: Date,
): Promise<CreatedCorrection[]> {
  const outdated = changes.filter(({ change }) => change.cancelsBelow > 0);
  const failed = changes.filter(({ change }) => change.corrects);
  const located = changes.filter(
    ({ known, change }) => change.storageKey !== null && known?.storageKey === null,
  );
  await lockWaiting(
    tx,
    [...outdated, ...located, ...failed].map(({ file }) => file),
  );
  await cancelCorrections(
    tx,
    outdated.map(({ file, change }) => ({ file, below: change.cancelsBelow })),
  );
  await learnStorageKeys(
    tx,
    located.flatMap(({ file, change: { state, storageKey } }) =>
      storageKey === null ? [] : [{ file, generation: state.generation, storageKey }],
    ),
  );
  const runAt = new Date(now.getTime() + config.AUTO_CORRECTION_DELAY_SECONDS * 1000);
  // A correction may have looked for objects already.
  const late = changes.filter(
    ({ change: { state, namesAnotherKey } }) => namesAnotherKey && state.status === 'failed',
  );
  await lookAgain(tx, late.map(generationOf), runAt);
  await saveErrors(
    tx,
    changes.flatMap(({ file, batchId, change }) =>
      change.failures.map((failure) => ({
        file,
        batchId,
        failure,
        corrected: config.ENABLE_AUTO_CORRECTION && change.corrects === failure,
      })),
    ),
  );
  await settleErrors(tx, changes.flatMap(settledBy));
  if (!config.ENABLE_AUTO_CORRECTION) return [];
  const created = await createCorrections(tx, tasksFor(failed, config), runAt);
  // Another owner's failure may share a task that is at work.
  if (created.length < failed.length) await lookAgain(tx, failed.map(generationOf), runAt);
  await linkErrors(tx, failed.map(generationOf));
  return created;
}

const generationOf = ({ file, change: { state } }: JudgedChange) => {
  return { file, generation: state.generation };
};

function tasksFor(changes: JudgedChange[], config: Config) {
  const modeOf = modeChooser(config.AUTO_CORRECTION_MODE, config.AUTO_CORRECTION_MODES);
  const tasks = changes.flatMap(({ file, batchId, change }) => {
    const { corrects: failure, storageKey } = change;
    if (!failure) return [];
    const fileName = change.line?.fileName ?? file.file_document_id;
    const mode = modeOf({ company_id: file.company_id, failure_category: failure.category });
    const actions = correctionActions(failure.category);
    return [{ file, batchId, fileName, storageKey, failure, actions, mode }];
  });
  // Owners may share a document: in a stable order, two chunks wait for each other, not in a circle.
  return tasks.sort((a, b) => (a.file.file_document_id < b.file.file_document_id ? -1 : 1));
}

/** Only where there may be errors: the file was known before, or failed just now. */
function settledBy({ file, known, change }: JudgedChange): Settled[] {
  const { state, failures } = change;
  if (!known && failures.length === 0) return [];
  if (state.deleted) return [{ file, resolution: 'ignored' }];
  const succeeded = isFinished(state) && state.status === 'success';
  return succeeded ? [{ file, resolution: 'manual_fix' }] : [];
}
