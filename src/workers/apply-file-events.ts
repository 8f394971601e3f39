import { createHash } from 'node:crypto';
import { sqlState, type Transaction } from '../db/client.ts';
import { planByIndex } from '../db/plan-by-index.ts';
import type { Opening } from '../db/queries/batches.ts';
import {
  acceptEvents,
  type ChunkOwner,
  deadLetterEvent,
  type InboxRow,
  lockUnapplied,
  lockUnappliedEvent,
  lockUnappliedOf,
  newEvent,
  ownersOfChunk,
  settleChunk,
} from '../db/queries/inbox.ts';
import type { Deps } from '../deps.ts';
import { knownCategory } from '../domain/corrections.ts';
import { compareAt } from '../domain/freshness.ts';
import { ownerKey } from '../domain/owner.ts';
import { reasonOf } from '../errors.ts';
import type { FileEventsPayload } from '../queues/registry.ts';
import { type Applied, applyChunk } from './apply-chunk.ts';
import { callsToWork } from './correction.ts';
import { noticeBurst } from './engage-brake.ts';
import { raiseAfterClosing, raiseAlarms } from './raise.ts';
import type { JobContext, JobIdentity } from './run-job.ts';

/**
 * `file-events`: applies one chunk of accepted events in one transaction, then raises the alarms. A
 * producer's own job carries its events instead; they are stored first and go on by id.
 */
export async function applyFileEvents(
  deps: Deps,
  payload: FileEventsPayload,
  job: JobContext<'file-events'>,
) {
  const chunkId = 'chunk_id' in payload ? payload.chunk_id : await store(deps, payload, job);
  try {
    await apply(deps, chunkId, await ownersOfChunk(deps.db.sql, chunkId), (tx) =>
      lockUnapplied(tx, chunkId),
    );
  } catch (error) {
    if (!isOfTheEvents(error)) throw error;
    await applyApart(deps, chunkId);
  }
}

/**
 * Stores a producer's own events and has the job carry the id of their chunk from then on: Postgres
 * holds them now, and a finished job is kept for days. The job's id keeps a second run from storing
 * them twice; with its time, because the queue counts from 1 again after Redis was emptied.
 */
async function store(
  deps: Deps,
  { events }: Extract<FileEventsPayload, { events: unknown }>,
  job: JobContext<'file-events'>,
) {
  const chunkId = chunkOf(events, job);
  const accepted = await acceptEvents(
    deps.db.sql,
    chunkId,
    events.map((payload, index) =>
      newEvent(payload, payload.event_id ?? `job-${job.addedAt}-${job.id}-${index}`),
    ),
  );
  deps.metrics.eventsAccepted.inc(accepted.filter((a) => a.status === 'accepted').length);
  await job.replacePayload({ chunk_id: chunkId });
  return chunkId;
}

/**
 * The chunk of a job's own events: the same on every try, so that one whose worker died after storing
 * them goes on with what it stored.
 */
function chunkOf(events: readonly object[], { id, addedAt }: JobIdentity): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([id, addedAt, events]))
    .digest('hex');
  // As RFC 9562 has UUIDs of one's own making: version 8.
  return hash.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5');
}

/**
 * One owner at a time, so that whose events the database takes has them applied together as ever; of
 * the others one event at a time, and those that are refused are set aside with the reason.
 * @throws what our own code stumbled over at last; its events stay, for a release that can apply them
 */
async function applyApart(deps: Deps, chunkId: string): Promise<void> {
  let stumbled: unknown;
  for (const owner of await ownersOfChunk(deps.db.sql, chunkId)) {
    const lock = (tx: Transaction) => lockUnappliedOf(tx, chunkId, owner);
    try {
      await apply(deps, chunkId, [owner], lock);
    } catch (error) {
      if (!isOfTheEvents(error)) throw error;
      const rows = await deps.db.sql.begin(lock);
      for (const { id } of rows)
        stumbled = (await applyOrSetAside(deps, chunkId, owner, id)) ?? stumbled;
    }
  }
  if (stumbled) throw stumbled;
}

/** @returns what our own code stumbled over, if it did */
async function applyOrSetAside(
  deps: Deps,
  chunkId: string,
  owner: ChunkOwner,
  id: number,
): Promise<unknown> {
  try {
    await apply(deps, chunkId, [owner], (tx) => lockUnappliedEvent(tx, chunkId, id));
  } catch (error) {
    if (isOurOwn(error)) return error;
    if (!isDataError(error)) throw error;
    deps.log.error({ err: error, event: id }, 'event cannot be applied; dead-lettered');
    await deadLetterEvent(deps.db.sql, id, reasonOf(error));
    await settleChunk(deps.db.sql, chunkId);
  }
}

/** The database refuses the data (classes 22 and 23), or it is too large (54): trying again cannot help. */
const isDataError = (error: unknown): boolean => /^(2[23]|54)/.test(sqlState(error) ?? '');
/** Our own code cannot read the data: the other events must not wait for it. */
const isOurOwn = (error: unknown): boolean =>
  error instanceof TypeError || error instanceof RangeError;
const isOfTheEvents = (error: unknown): boolean => isDataError(error) || isOurOwn(error);

/** An owner's batch closed after it was looked up: preferences have to be resolved after all. */
class BatchClosedMeanwhile extends Error {
  override name = 'BatchClosedMeanwhile';
}

async function apply(
  deps: Deps,
  chunkId: string,
  owners: ChunkOwner[],
  lock: (tx: Transaction) => Promise<InboxRow[]>,
): Promise<void> {
  if (owners.length === 0) return settleChunk(deps.db.sql, chunkId);
  let resolveAll = false;
  for (;;) {
    const { openings, guessed } = await findOpenings(deps, owners, resolveAll);
    try {
      const applied = await deps.db.sql.begin(async (tx) => {
        const [, rows] = await Promise.all([planByIndex(tx), lock(tx)]);
        if (rows.length === 0) return null;
        const present = new Set(rows.map(ownerKey));
        const needed = new Map([...openings].filter(([key]) => present.has(key)));
        const chunk = { id: chunkId, rows, openings: needed };
        const result = await applyChunk(tx, chunk, deps.config, new Date());
        if (result.batches.some((b) => b.opened && guessed.has(ownerKey(b))))
          throw new BatchClosedMeanwhile();
        return result;
      });
      if (applied) await announce(deps, applied);
      return;
    } catch (error) {
      if (!(error instanceof BatchClosedMeanwhile)) throw error;
      resolveAll = true;
    }
  }
}

/**
 * How each owner's batch would start. Only owners without an open batch need their preferences; for
 * the others the open batch's own are a guess that is checked under the lock.
 */
async function findOpenings(deps: Deps, owners: ChunkOwner[], resolveAll: boolean) {
  const open = resolveAll ? [] : owners.flatMap((owner) => owner.open ?? []);
  const guessed = new Set(open.map(ownerKey));
  const unresolved = owners.filter((owner) => !guessed.has(ownerKey(owner)));
  const resolved = await deps.preferences.resolveMany(unresolved);
  const now = Date.now();
  const openings = new Map<string, Opening>();
  for (const batch of open)
    openings.set(ownerKey(batch), {
      ...batch,
      settings: batch.user_preferences_snapshot,
      source: batch.preferences_source,
      age_seconds: batch.preferences_age_seconds,
      compare_at: batch.preferences_compare_at,
    });
  for (const owner of unresolved) {
    const found = resolved.get(ownerKey(owner));
    if (!found) throw new Error('preferences were not resolved for every owner');
    const { company_id, bot_id, user_email } = owner;
    openings.set(ownerKey(owner), {
      ...{ company_id, bot_id, user_email },
      settings: found.settings,
      source: found.source,
      age_seconds: Math.round(found.age_seconds),
      due_at: new Date(now + found.settings.notification_delay_minutes * 60_000),
      compare_at: compareAt(found, new Date(now), deps.config.PREFERENCES_COMPARE_SECONDS),
    });
  }
  return { openings, guessed };
}

async function announce(deps: Deps, applied: Applied): Promise<void> {
  const { metrics } = deps;
  metrics.batchesCreated.inc(applied.opened.length);
  metrics.correctionsCreated.inc(applied.corrections.length);
  const changes = applied.changes.map(({ change }) => change);
  const failures = changes.flatMap((change) => change.failures);
  for (const failure of failures)
    metrics.fileErrors.inc({ category: knownCategory(failure.category) });
  for (const status of ['success', 'failed'] as const) {
    const finished = changes.filter(({ line }) => line?.status === status).length;
    if (finished > 0) metrics.filesProcessed.inc({ status }, finished);
  }
  const closings = applied.closings.map((closing) => ({ closing, reason: 'threshold' }) as const);
  const companies = applied.corrections.map(({ company_id }) => company_id);
  await Promise.all([
    raiseAlarms(deps, applied.opened),
    raiseAfterClosing(deps, closings),
    noticeBurst(deps, companies),
  ]);
  const due = applied.corrections.filter(({ status }) => status === 'pending');
  await deps.producer.raise(
    'corrections',
    callsToWork(deps, due).map(({ id, run_at }) => {
      return { payload: { correction_id: id }, at: run_at };
    }),
  );
}
