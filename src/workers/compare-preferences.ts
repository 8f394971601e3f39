import { isDeepStrictEqual } from 'node:util';
import type { BatchRow } from '../db/queries/batches.ts';
import { batchesToCompare, compareAgainAt } from '../db/queries/preferences.ts';
import type { Deps } from '../deps.ts';
import { ownerKey } from '../domain/owner.ts';
import type { Resolved } from '../stores/preferences.ts';
import { retimeOpenBatch } from './retime-batch.ts';

/** As many as one question to the CMS may be about. */
const PAGE = 100;
/** A slow CMS must not hold the sweep up: what is left after this is for the next one. */
const BUDGET_MS = 5000;
/** Whom the CMS had no usable answer for is asked about again after this, if the interval is longer. */
const RETRY_MS = 30_000;

/**
 * Compares open batches with what the CMS says: makes good for webhooks that were lost, or that came
 * between a batch's preferences being looked up and its opening, and for an outage of the CMS. Each
 * batch costs at most a hundredth of a question in `PREFERENCES_COMPARE_SECONDS`. Part of the sweep,
 * so one process does it at a time.
 */
export async function comparePreferences(deps: Deps): Promise<void> {
  const intervalMs = deps.config.PREFERENCES_COMPARE_SECONDS * 1000;
  const until = Date.now() + BUDGET_MS;
  let more = true;
  while (more && Date.now() < until) {
    const now = Date.now();
    // Those of the next half interval come along, so that few questions serve many batches.
    const soon = new Date(now + intervalMs / 2);
    const batches = await batchesToCompare(deps.db.sql, soon, PAGE);
    const [first] = batches;
    if (!first || first.preferences_compare_at.getTime() > now) return;
    const answered = await comparePage(deps, batches, intervalMs);
    // A CMS that has nothing to say about a whole page is left alone until the next sweep.
    more = batches.length === PAGE && answered > 0;
  }
}

/** @returns how many batches the CMS had an answer for */
async function comparePage(deps: Deps, batches: BatchRow[], intervalMs: number): Promise<number> {
  const { sql } = deps.db;
  // None of them was compared less than half an interval ago: what is younger than that is news.
  const answers = await deps.preferences.ask(batches, intervalMs / 2);
  const idsOf = (some: BatchRow[]) => some.map(({ batch_id }) => batch_id);
  const [answered, left] = [[] as BatchRow[], [] as BatchRow[]];
  for (const batch of batches) (answers.has(ownerKey(batch)) ? answered : left).push(batch);
  for (const batch of answered) {
    const resolved = answers.get(ownerKey(batch))!;
    if (differs(batch, resolved)) await retimeOpenBatch(deps, batch, resolved);
  }
  const inMs = (ms: number) => new Date(Date.now() + ms);
  await compareAgainAt(sql, idsOf(answered), inMs(intervalMs));
  await compareAgainAt(sql, idsOf(left), inMs(Math.min(intervalMs, RETRY_MS)));
  return answered.length;
}

/** The batch was opened by other settings, or by the same ones on nobody's word. */
function differs(batch: BatchRow, { settings }: Resolved): boolean {
  const guessed =
    batch.preferences_source === 'defaults' || batch.preferences_source === 'stale_cache';
  // As JSON, because that is how the snapshot went in: what is undefined is not there.
  const plain: unknown = JSON.parse(JSON.stringify(settings));
  return guessed || !isDeepStrictEqual(batch.user_preferences_snapshot, plain);
}
