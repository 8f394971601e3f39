import { randomUUID } from 'node:crypto';
import { type HeldPart, heldParts } from '../db/queries/quarantines.ts';
import { restoreFacts } from '../db/queries/restore-guard.ts';
import {
  beginPutBack,
  claimRestore,
  endRestore,
  extendRestore,
  type RestoreEnd,
  type RestoreRow,
} from '../db/queries/restores.ts';
import type { ExecutionEntry } from '../db/schema/corrections.ts';
import type { Deps } from '../deps.ts';
import { type Backoff, backoffDelay, outageDelay } from '../domain/backoff.ts';
import type { CorrectionAction } from '../domain/corrections.ts';
import { STORE_OF_ACTION } from '../domain/removal-account.ts';
import { restoreObstacle } from '../domain/restore-obstacle.ts';
import { NotYet, reasonOf } from '../errors.ts';
import { masked } from '../observability/logger.ts';
import type { StoreError, StoreName } from '../stores/store-error.ts';
import { raiseAlert, writeAlert } from './alert.ts';
import { restoreAlert } from './alert-correction.ts';
import { whileClaimed } from './while-claimed.ts';

/** A restore is tried again after the base of corrections, doubled up to this, in milliseconds. */
const RETRY_CAP_MS = 300_000;
const LEASE_SECONDS = 120;
/** The record makes the file findable, so it comes back last. */
const ORDER: readonly CorrectionAction[] = ['s3_delete', 'chroma_delete', 'cms_delete'];

/**
 * `correction-restore`: puts back what a correction removed, unless something newer stands in its
 * place in any store, the file was deleted, or it is being ingested; reads back what it wrote. May be
 * repeated at any point.
 */
export async function restoreCorrection(
  deps: Deps,
  { correction_id: id }: { correction_id: number },
): Promise<void> {
  const { sql } = deps.db;
  const token = randomUUID();
  const restore = await claimRestore(sql, id, token, LEASE_SECONDS);
  if (!restore) return;
  const entries: ExecutionEntry[] = [];
  const extend = () => extendRestore(sql, id, token, LEASE_SECONDS);
  const begin = async (action: CorrectionAction) => {
    const begun = await sql.begin((tx) => beginPutBack(tx, id, token, action));
    restore.began ||= begun;
    return begun;
  };
  const done = await whileClaimed(extend, LEASE_SECONDS, () =>
    perform(deps, restore, begin, entries),
  );
  const end = afterWriting(restore, done);
  const ended = await sql.begin(async (tx) => {
    if (!(await endRestore(tx, id, token, end, entries))) return null;
    const alert = restoreAlert(restore, end);
    return { alert: alert && (await writeAlert(tx, deps, alert)) };
  });
  if (!ended) return;
  await raiseAlert(deps, ended.alert);
  if (end.status === 'pending') throw new NotYet(end.runAt, `restore not done: ${end.reason}`);
  deps.metrics.restores.inc({ status: end.status });
}

/** Refused means that nothing was written; an operator has to know what was. */
function afterWriting({ began }: RestoreRow, end: RestoreEnd): RestoreEnd {
  if (!began || (end.status !== 'refused' && end.status !== 'failed')) return end;
  return { status: 'failed', reason: `${end.reason}; parts may have been put back before that` };
}

/** @param begin notes that a store is about to be written to; false where it must not be */
async function perform(
  deps: Deps,
  restore: RestoreRow,
  begin: (action: CorrectionAction) => Promise<boolean>,
  entries: ExecutionEntry[],
): Promise<RestoreEnd> {
  const hindered = await hinderedBy(deps, restore);
  if (hindered) return hindered;
  const parts = await heldParts(deps.db.sql, restore.correction_id);
  if (parts.length === 0) return { status: 'refused', reason: 'nothing of it is kept any more' };
  const refusal = await refusedBy(deps, parts);
  if (refusal) return later(refusal.message, refusal.retryAfterMs ?? 0, false);
  try {
    const newer = await deps.quarantine.newerThan(restore.file_document_id, parts);
    if (newer.length > 0)
      return { status: 'refused', reason: `something newer stands in ${newer.join(', ')}` };
    const planned = ORDER.filter((action) => partsOf(parts, action).length > 0);
    for (const action of planned) {
      // Reading and writing take their time; meanwhile the file may have moved on.
      const hindered = await hinderedBy(deps, restore);
      if (hindered) return hindered;
      if (!(await begin(action))) return later('the claim was lost', 0, false);
      entries.push(await putBack(deps, action, partsOf(parts, action)));
    }
    const late = await hinderedBy(deps, restore);
    return late?.status === 'refused' ? late : { status: 'completed' };
  } catch (error) {
    return retryOrFail(deps, restore, reasonOf(error));
  }
}

/** Asks our own records, which know before the stores do, whether the file may be written now. */
async function hinderedBy(deps: Deps, restore: RestoreRow): Promise<RestoreEnd | null> {
  const facts = await restoreFacts(deps.db.sql, restore.correction_id);
  const obstacle = facts && restoreObstacle(facts, restore.requested_by);
  if (!obstacle) return null;
  const { passes, reason } = obstacle;
  if (!passes) return { status: 'refused', reason };
  const waitedMs = Date.now() - restore.requested_at.getTime();
  return later(reason, outageDelay(waitedMs, backoffOf(deps), Math.random()), false);
}

/** The first store that has no time for it now. All is kept in S3. */
async function refusedBy(deps: Deps, parts: HeldPart[]): Promise<StoreError | null> {
  for (const store of new Set<StoreName>(['s3', ...parts.map((part) => part.store)])) {
    const { refusal } = await deps.stores[store].admit(1);
    if (refusal) return refusal;
  }
  return null;
}

const later = (reason: string, delayMs: number, countsAttempt: boolean): RestoreEnd => {
  return { status: 'pending', reason, runAt: new Date(Date.now() + delayMs), countsAttempt };
};

const partsOf = (parts: HeldPart[], action: CorrectionAction) =>
  parts.filter(({ store }) => store === STORE_OF_ACTION[action]);

async function putBack(
  deps: Deps,
  action: CorrectionAction,
  parts: HeldPart[],
): Promise<ExecutionEntry> {
  const { written, same } = await deps.quarantine.putBack(parts);
  const detail = `${STORE_OF_ACTION[action]}: put back ${written}, ${same} stood there; read back: all`;
  const at = new Date().toISOString();
  return { at, action: 'restore', result: 'proven', detail, count: written };
}

function retryOrFail(deps: Deps, { attempts }: RestoreRow, why: string): RestoreEnd {
  const reason = masked(why);
  if (attempts >= deps.config.MAX_CORRECTION_ATTEMPTS) return { status: 'failed', reason };
  return later(reason, backoffDelay(attempts, backoffOf(deps), Math.random()), true);
}

function backoffOf({ config }: Deps): Backoff {
  return { baseMs: config.CORRECTION_RETRY_BASE_SECONDS * 1000, capMs: RETRY_CAP_MS };
}
