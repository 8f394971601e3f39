import type { Transaction } from '../db/client.ts';
import { objectionsTo } from '../db/queries/correction-guard.ts';
import { type CorrectionRow, lockCorrection } from '../db/queries/corrections.ts';
import {
  dueSecondLook,
  endSecondLook,
  postponeSecondLook,
  reopenCorrection,
  scheduleSecondLooks,
} from '../db/queries/second-looks.ts';
import type { Deps } from '../deps.ts';
import { CORRECTION_ACTIONS, type CorrectionAction } from '../domain/corrections.ts';
import { accountText, STORE_OF_ACTION } from '../domain/removal-account.ts';
import { NotYet, reasonOf } from '../errors.ts';
import { StoreError } from '../stores/store-error.ts';
import { type Correction, correctionOf } from './correction.ts';
import { modesInForce } from './correction-modes.ts';
import { objectsOfOthers } from './guard-corrections.ts';
import { findPlaces } from './leftover-places.ts';
import { storeOf } from './remove-in-pieces.ts';
import { placesToAsk } from './remove-leftovers.ts';

/** A look that found a store away is had again after this, in milliseconds. */
const AGAIN_MS = 60_000;
/** One that has to wait for an accepted event, after this. */
const WAIT_FOR_EVENTS_MS = 1000;

/** Has the stores of what was completed read once more, `CORRECTION_SECOND_LOOK_SECONDS` from now. */
export async function planSecondLooks(
  tx: Transaction,
  { config }: Pick<Deps, 'config'>,
  ended: readonly Correction[],
): Promise<void> {
  if (config.CORRECTION_SECOND_LOOK_SECONDS === 0) return;
  const completed = ended.filter(({ end }) => end?.status === 'completed');
  const tasks = completed.map(({ task, file }) => ({ id: task.id, storageKey: file.storageKey }));
  const at = new Date(Date.now() + config.CORRECTION_SECOND_LOOK_SECONDS * 1000);
  await scheduleSecondLooks(tx, tasks, at);
}

/**
 * `second-look`: reads the stores of a completed correction once more. What a slow ingester of the
 * failed generation wrote meanwhile makes the correction due again, so that it is removed by the
 * same steps under the same guards; a look itself never removes anything.
 */
export async function haveSecondLook(
  deps: Deps,
  { correction_id: id }: { correction_id: number },
): Promise<void> {
  const { sql } = deps.db;
  const task = await dueSecondLook(sql, id);
  if (!task) return;
  if (task.status === 'pending' || task.status === 'processing')
    return later(deps, id, AGAIN_MS, 'the correction is not done');
  if (task.status !== 'completed') return settle(deps, id, 'superseded');
  const objection = (await objectionsTo(sql, [task])).get(task.id) ?? null;
  if (objection === 'waiting')
    return later(deps, id, WAIT_FOR_EVENTS_MS, 'an event is not applied yet');
  // Whatever is there now is another generation's, or nobody asks for it.
  const [mode] = await modesInForce(sql, deps.config, [task]);
  if (objection !== null || mode === 'dry-run') return settle(deps, id, 'superseded');
  let found: Map<CorrectionAction, number> | null;
  try {
    found = await read(deps, task);
  } catch (error) {
    deps.log.warn({ err: error, correction: id }, 'second look put off');
    return later(deps, id, AGAIN_MS, reasonOf(error));
  }
  if (found === null)
    return later(deps, id, WAIT_FOR_EVENTS_MS, 'an event of another file is not applied yet');
  if (found.size > 0) await reopen(deps, id, found);
  else await settle(deps, id, 'clean');
}

/**
 * What the stores that were proven empty hold of the file now. Object storage is also asked where no key
 * was known, because one may have come to light.
 * @returns null where an accepted event may still say that another file lives by an object
 */
async function read(
  deps: Deps,
  task: CorrectionRow,
): Promise<Map<CorrectionAction, number> | null> {
  const correction = correctionOf(task);
  await findPlaces(deps, [correction]);
  const looked = {
    s3_delete: task.s3_cleanup_completed || task.not_applicable.s3_delete !== undefined,
    chroma_delete: task.chroma_cleanup_completed,
    cms_delete: task.cms_cleanup_completed,
  };
  const found = new Map<CorrectionAction, number>();
  for (const action of CORRECTION_ACTIONS.filter((one) => looked[one])) {
    const places = placesToAsk(deps, action, correction);
    const counts = places.length > 0 ? await storeOf(deps, action).remaining(places) : [];
    const trouble = counts.find((count) => count instanceof StoreError);
    if (trouble) throw trouble;
    const there = places.filter((_place, nth) => counts[nth] !== 0);
    // What another file is stored under stays, and is nothing that was found.
    const kept =
      action === 's3_delete' && there.length > 0 ? await objectsOfOthers(deps, [correction]) : null;
    if (correction.end !== null) return null;
    const count = places.reduce(
      (sum, place, nth) => sum + (kept?.has(place) ? 0 : Number(counts[nth])),
      0,
    );
    if (count > 0) found.set(action, count);
  }
  return found;
}

async function reopen(deps: Deps, id: number, found: Map<CorrectionAction, number>) {
  const account = [...found].map(([action, count]) => [STORE_OF_ACTION[action], count]);
  const detail = `found after the removal: ${accountText(Object.fromEntries(account))}`;
  const entry = { at: new Date().toISOString(), action: 'second_look', result: 'found', detail };
  const reopened = await deps.db.sql.begin(async (tx) => {
    await lockCorrection(tx, id);
    await endSecondLook(tx, id);
    return reopenCorrection(tx, id, [...found.keys()], entry);
  });
  deps.metrics.secondLooks.inc({ outcome: reopened ? 'found' : 'superseded' });
  if (reopened) await deps.producer.raise('corrections', [{ payload: { correction_id: id } }]);
}

async function settle(deps: Deps, id: number, outcome: 'clean' | 'superseded'): Promise<void> {
  await endSecondLook(deps.db.sql, id);
  deps.metrics.secondLooks.inc({ outcome });
}

async function later(deps: Deps, id: number, ms: number, why: string): Promise<never> {
  const at = new Date(Date.now() + ms);
  await postponeSecondLook(deps.db.sql, id, at);
  throw new NotYet(at, `second look: ${why}`);
}
