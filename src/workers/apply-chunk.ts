import type { Config } from '../config.ts';
import type { Transaction } from '../db/client.ts';
import {
  addCounts,
  type BatchRow,
  dropUnused,
  lockOrOpenBatches,
  type Opening,
} from '../db/queries/batches.ts';
import { type Closing, closeBatches } from '../db/queries/close-batch.ts';
import { addLateEvents, markApplied } from '../db/queries/event-books.ts';
import type { CreatedCorrection } from '../db/queries/failures.ts';
import {
  fileKey,
  knownFiles,
  type PlacedChange,
  removeLines,
  saveLines,
  saveStates,
  standingFiles,
} from '../db/queries/files.ts';
import { type InboxRow, settleChunk } from '../db/queries/inbox.ts';
import { reachesThreshold } from '../domain/batching.ts';
import { foldEvents } from '../domain/fold-events.ts';
import { ownerKey } from '../domain/owner.ts';
import { answerFailures } from './answer-failures.ts';
import { countChanges, type JudgedChange } from './count-changes.ts';

/** A locked chunk: its events to apply, and how each owner's batch starts if there is none, by `ownerKey`. */
export interface LockedChunk {
  id: string;
  rows: InboxRow[];
  openings: Map<string, Opening>;
}

/** What a chunk set in motion; the alarms are raised after the commit. */
export interface Applied {
  opened: { batch_id: string; due_at: Date }[];
  /** Batches that reached their threshold. */
  closings: Closing[];
  corrections: CreatedCorrection[];
  changes: PlacedChange[];
}

/**
 * Applies a chunk in set-based statements: opens or finds the batches, moves the files, records
 * failures, creates and cancels corrections, and closes what reached its threshold. Statements that do
 * not need each other's answer are sent together; Postgres runs them in the order they are sent in.
 */
export async function applyChunk(
  tx: Transaction,
  { id, rows, openings }: LockedChunk,
  config: Config,
  now: Date,
): Promise<Applied & { batches: (BatchRow & { opened: boolean })[] }> {
  const byFile = groupBy(rows, fileKey);
  const files = [...byFile.values()].map((group) => group[0]!);
  const [batches, standing] = await Promise.all([
    lockOrOpenBatches(tx, [...openings.values()], now),
    standingFiles(tx, files),
  ]);
  const batchOf = new Map(batches.map((batch) => [ownerKey(batch), batch.batch_id]));
  const known = knownFiles(standing, batchOf);
  const changes = [...byFile].map(([key, events]): JudgedChange => {
    const before = known.get(key) ?? null;
    const file = events[0]!;
    return {
      key,
      file,
      batchId: batchOf.get(ownerKey(file))!,
      known: before,
      change: foldEvents(before, events),
    };
  });

  const gone = changes.filter(({ change }) => change.removesLine);
  await removeLines(
    tx,
    gone.map(({ known }) => known!.line!.id),
  );
  const [lineIds, counted] = await Promise.all([
    saveLines(tx, changes),
    addCounts(tx, countChanges(changes)),
  ]);
  await Promise.all([
    saveStates(tx, changes, lineIds),
    bookEvents(tx, changes, lineIds),
    settleChunk(tx, id),
  ]);
  const corrections = await answerFailures(tx, changes, config, now);

  const openedIds = new Set(batches.filter((b) => b.opened).map((b) => b.batch_id));
  const filled = new Set(counted.filter((b) => b.total_files > 0).map((b) => b.batch_id));
  const unused = [...openedIds].filter((id) => !filled.has(id));
  await dropUnused(tx, unused);

  const full = counted.filter(isFull);
  const closings = await closeBatches(tx, full, 'threshold', now, closingOptions(config));
  const closed = new Set(closings.map(({ batch_id }) => batch_id));
  const opened = batches.filter(
    (b) => b.opened && filled.has(b.batch_id) && !closed.has(b.batch_id),
  );
  return { batches, opened, closings, corrections, changes };
}

function isFull(batch: BatchRow): boolean {
  const counts = {
    total: batch.total_files,
    successful: batch.successful_files,
    failed: batch.failed_files,
  };
  return reachesThreshold(counts, batch.user_preferences_snapshot.batch_size_threshold);
}

/** What closing a batch has to know of the configuration. */
export const closingOptions = (config: Config) => ({
  mailsEnabled: config.ENABLE_EMAIL_NOTIFICATIONS,
  maxAttempts: config.EMAIL_MAX_ATTEMPTS,
  maxAgeMs: config.MAX_BATCH_AGE_HOURS * 3_600_000,
});

/** Notes for each event which line it was absorbed into: the audit's books. */
async function bookEvents(tx: Transaction, changes: JudgedChange[], lineIds: Map<string, number>) {
  const events = changes.flatMap(({ key, change }) =>
    change.events.map((standing) => ({
      standing,
      lineId:
        standing.in === 'open'
          ? (lineIds.get(key) ?? null)
          : standing.in === 'closed'
            ? standing.lineId
            : null,
    })),
  );
  await markApplied(tx, events);
  const late = events.filter(({ standing }) => standing.in === 'closed');
  await addLateEvents(
    tx,
    late.map(({ lineId }) => lineId!),
  );
}

function groupBy<Item>(items: Item[], key: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
