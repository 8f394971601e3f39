import { randomUUID } from 'node:crypto';
import { type CorrectionEnd, endCorrections } from '../db/queries/correction-books.ts';
import {
  type CorrectionRow,
  claimCorrections,
  claimedUnder,
  extendLeases,
  findCorrection,
} from '../db/queries/corrections.ts';
import type { Deps } from '../deps.ts';
import { backoffDelay, outageDelay } from '../domain/backoff.ts';
import { NotYet, notDue } from '../errors.ts';
import { RATE_LIMITED } from '../stores/guarded-store.ts';
import type { StoreError } from '../stores/store-error.ts';
import { admitCorrections } from './admit-corrections.ts';
import { raiseAlert, writeAlert } from './alert.ts';
import { correctionAlert, isTroubled } from './alert-correction.ts';
import { storeAlert } from './alert-store.ts';
import { correctFiles, writeSteps } from './correct-files.ts';
import { type Claim, type Correction, correctionOf, laterWithoutAttempt } from './correction.ts';
import { planSecondLooks } from './second-look.ts';
import { settleConflict } from './settle-conflict.ts';

/** Corrections retry after `CORRECTION_RETRY_BASE_SECONDS`, doubled up to this, in milliseconds. */
const RETRY_CAP_MS = 300_000;
const HOUR_MS = 3_600_000;

/**
 * `corrections`: removes what failed files left behind. A job is a call to work: it takes its own task,
 * if that is due, and whatever else is, as one set, so that the stores are asked by their bulk calls.
 * After a full set there may be more, and it comes back at once.
 */
export async function runCorrection(
  deps: Deps,
  { correction_id }: { correction_id: number },
): Promise<void> {
  const { sql } = deps.db;
  const claim: Claim = { token: randomUUID(), leaseSeconds: leaseSeconds(deps) };
  const limit = deps.config.CORRECTIONS_PER_RUN;
  const { tasks, alerts } = await sql.begin(async (tx) => {
    const { admitted, alerts } = await admitCorrections(tx, deps, correction_id, limit);
    const tasks = await claimCorrections(tx, admitted, claim.token, claim.leaseSeconds);
    return { tasks, alerts };
  });
  for (const alert of alerts) await raiseAlert(deps, alert);
  if (tasks.length === 0) return waitIfEarly(deps, correction_id);
  const release = keepClaim(deps, claim, tasks);
  try {
    const corrections = await workOn(deps, claim, tasks);
    await callAgain(deps, corrections, correction_id);
  } finally {
    release();
  }
  if (tasks.length >= limit) throw new NotYet(new Date(), 'there may be more corrections');
}

/** It must outlive the longest single question to a store or to Postgres; `keepClaim` does the rest. */
const leaseSeconds = ({ config }: Deps) => config.STORE_TIMEOUT_SECONDS * 6 + 30;

async function waitIfEarly(deps: Deps, id: number): Promise<void> {
  const task = await findCorrection(deps.db.sql, id);
  if (task?.status === 'pending' && !task.held_by)
    throw notDue(task.run_at, 'the correction is not due');
}

/** Extends the leases as long as the set is worked on: thousands of chunks take their time. */
function keepClaim({ db, log }: Deps, claim: Claim, tasks: CorrectionRow[]): () => void {
  const ids = tasks.map(({ id }) => id);
  const timer = setInterval(
    () => {
      extendLeases(db.sql, ids, claim.token, claim.leaseSeconds).catch((error: unknown) =>
        log.debug({ err: error }, 'a lease could not be extended'),
      );
    },
    (claim.leaseSeconds * 1000) / 3,
  );
  return () => clearInterval(timer);
}

/** A set that cannot be worked on is taken apart: whichever task it is about, the others go on. */
async function workOn(deps: Deps, claim: Claim, tasks: CorrectionRow[]): Promise<Correction[]> {
  const corrections = tasks.map(correctionOf);
  try {
    await correctFiles(deps, claim, corrections);
    await settle(deps, claim, corrections);
    return corrections;
  } catch (error) {
    // What was proven before the trouble is not to be done again.
    await writeSteps(deps, claim, corrections).catch(logged(deps));
    const alone = tasks.length > 1 ? await claimedUnder(deps.db.sql, claim.token).catch(none) : [];
    if (alone.length === 0) {
      await giveBack(deps, claim, corrections);
      throw error;
    }
    deps.log.warn({ err: error, tasks: tasks.length }, 'a set failed; each task goes on alone');
    const done: Correction[] = [];
    const trouble: unknown[] = [];
    for (const task of alone)
      await workOn(deps, claim, [task]).then(
        (settled) => done.push(...settled),
        (reason: unknown) => trouble.push(reason),
      );
    if (trouble.length > 0) throw trouble[0];
    return done;
  }
}

const none = (): CorrectionRow[] => [];

const logged =
  ({ log }: Deps) =>
  (error: unknown) =>
    log.warn({ err: error }, 'steps could not be written down and are taken again');

/** Writes down how each task of the set ended, and what operators have to be told. */
async function settle(deps: Deps, { token }: Claim, corrections: Correction[]): Promise<void> {
  for (const correction of corrections) correction.end ??= afterFailure(deps, correction);
  const { alerts, restoring, done } = await deps.db.sql.begin(async (tx) => {
    const restoring: number[] = [];
    const ended = await endCorrections(tx, token, endsOf(corrections));
    const written: (number | null)[] = [];
    await planSecondLooks(
      tx,
      deps,
      corrections.filter(({ task }) => ended.has(task.id)),
    );
    for (const { task, end } of corrections) {
      if (!end || !ended.has(task.id) || !isTroubled(end)) continue;
      const met = end.status === 'cancelled';
      const conflict = met ? await settleConflict(tx, deps, task.id) : null;
      if (conflict?.restoring) restoring.push(task.id);
      // What was proven in this run stands on the row only.
      const now = (await findCorrection(tx, task.id)) ?? task;
      const alert = correctionAlert(now, end, conflict, deps.config.MAX_CORRECTION_ATTEMPTS);
      written.push(await writeAlert(tx, deps, alert));
    }
    for (const error of misconfigured(corrections))
      written.push(await writeAlert(tx, deps, storeAlert(error, new Date())));
    return { alerts: written, restoring, done: ended };
  });
  for (const { task, end } of corrections)
    if (end && end.status !== 'pending' && done.has(task.id))
      deps.metrics.correctionsCompleted.inc({ status: end.status });
  for (const alert of alerts) await raiseAlert(deps, alert);
  const restores = restoring.map((correction_id) => ({ payload: { correction_id } }));
  await deps.producer.raise('correction-restore', restores);
}

/** One mistake per store that only an operator can put right. */
function misconfigured(corrections: Correction[]): StoreError[] {
  const failures = corrections.flatMap((correction) => [...correction.failures.values()]);
  const errors = failures.flatMap(({ error }) => (error?.configuration ? [error] : []));
  const one = [...new Map(errors.map((error) => [error.store, error])).values()];
  // In one order, so that two who write them at once wait for each other, not in a circle.
  return one.sort((a, b) => (a.store < b.store ? -1 : 1));
}

const endsOf = (corrections: Correction[]) =>
  corrections.flatMap(({ task, end, unwritten }) =>
    end ? [{ id: task.id, end, step: unwritten }] : [],
  );

/**
 * What failed for the file's own sake costs an attempt. A store that is away costs none, until
 * `CORRECTION_OUTAGE_HOURS` after the task was first tried: then somebody has to look.
 */
function afterFailure({ config }: Deps, { task, failures }: Correction): CorrectionEnd {
  const found = [...failures.values()];
  const reason = found.map((failure) => failure.reason).join('; ');
  const backoff = {
    baseMs: config.CORRECTION_RETRY_BASE_SECONDS * 1000,
    capMs: RETRY_CAP_MS,
  };
  const later = (delayMs: number, countsAttempt: boolean): CorrectionEnd => {
    return { status: 'pending', reason, runAt: new Date(Date.now() + delayMs), countsAttempt };
  };
  const waitedMs = Date.now() - (task.started_at ?? new Date()).getTime();
  const away = found.every(({ error }) => error?.blames === 'store');
  const limited = found.some(({ error }) => error?.code === RATE_LIMITED);
  if (away && (limited || waitedMs < config.CORRECTION_OUTAGE_HOURS * HOUR_MS)) {
    const free = Math.max(0, ...found.map(({ error }) => error?.retryAfterMs ?? 0));
    return later(Math.max(free, outageDelay(waitedMs, backoff, Math.random())), false);
  }
  if (task.attempts >= config.MAX_CORRECTION_ATTEMPTS) return { status: 'failed', reason };
  return later(backoffDelay(task.attempts, backoff, Math.random()), true);
}

/** The set could not be worked on: nobody has to wait for its leases to run out. */
async function giveBack(deps: Deps, { token }: Claim, corrections: Correction[]): Promise<void> {
  const end = laterWithoutAttempt('the worker had trouble of its own; its log tells which');
  const ends = corrections.map(({ task }) => ({ id: task.id, end, step: null }));
  await endCorrections(deps.db.sql, token, ends).catch((error: unknown) =>
    deps.log.warn({ err: error }, 'corrections could not be given back; their leases run out'),
  );
}

/**
 * Tasks that go on later need a call to work: the own job's, else one of their own when the last of
 * them is due. The sweep calls for those that are due before that.
 */
async function callAgain(deps: Deps, corrections: Correction[], own: number): Promise<void> {
  const waiting = corrections
    .flatMap(({ task, end }) => (end?.status === 'pending' ? [{ id: task.id, end }] : []))
    .sort((a, b) => a.end.runAt.getTime() - b.end.runAt.getTime());
  const mine = waiting.find(({ id }) => id === own)?.end;
  const last = waiting.filter(({ id }) => id !== own).at(-1);
  if (last)
    await deps.producer.tryToEnsure('corrections', [
      { payload: { correction_id: last.id }, at: last.end.runAt },
    ]);
  if (mine) throw new NotYet(mine.runAt, `correction not done: ${mine.reason}`);
}
