/** When a batch closes and what becomes of it: docs/architecture.md, "Rules worth knowing". Pure. */

/** Why a batch closed. */
export const CLOSE_REASONS = ['threshold', 'due', 'max_age', 'manual'] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];

/** The counts of a batch's lines. */
export interface Counts {
  total: number;
  successful: number;
  failed: number;
}

export type BatchStatus = 'completed' | 'failed' | 'partially_completed';

/** Files that are done, for better or worse. */
const finished = (counts: Counts): number => counts.successful + counts.failed;

/** Enough files are done for the batch to close at once. */
export function reachesThreshold(counts: Counts, threshold: number): boolean {
  return finished(counts) >= threshold;
}

export type Alarm =
  | { action: 'close'; reason: CloseReason }
  /** The batch stays open and is looked at again at `until`. */
  | { action: 'wait'; until: Date };

/**
 * What an alarm does to an open batch.
 * @param batch its `due_at`, when an operator asked for it to close, if one did, and since when it waits:
 *   its start, or where it took files over, when the oldest of these began
 * @param delayMs the owner's notification delay
 * @param maxAgeMs for how long a batch waits in which nothing is finished
 */
export function onAlarm(
  batch: { waitingSince: Date; dueAt: Date; closeRequestedAt: Date | null; counts: Counts },
  now: Date,
  delayMs: number,
  maxAgeMs: number,
): Alarm {
  const { counts, dueAt, waitingSince } = batch;
  const something = finished(counts) > 0 || counts.total === 0;
  if (batch.closeRequestedAt && finished(counts) > 0) return { action: 'close', reason: 'manual' };
  if (now < dueAt) return { action: 'wait', until: dueAt };
  if (something) return { action: 'close', reason: 'due' };
  const lastCall = waitingSince.getTime() + maxAgeMs;
  if (now.getTime() >= lastCall) return { action: 'close', reason: 'max_age' };
  return { action: 'wait', until: new Date(Math.min(now.getTime() + delayMs, lastCall)) };
}

/**
 * How many of a batch's unfinished files its mail lists; the others move on to the next batch. All of
 * them where it was given up waiting for them, else those that have waited that long by themselves: a
 * busy owner's batches never wait, and would hand a file that is stuck on to each other for good.
 * @param overdue unfinished files that have waited for as long as a batch waits at most
 */
export function listedUnfinished(reason: CloseReason, unfinished: number, overdue: number): number {
  return reason === 'max_age' ? unfinished : overdue;
}

/** The status a batch closes with, from the counts of the lines it reports. */
export function statusAtClose(counts: Counts): BatchStatus {
  if (counts.successful === counts.total) return 'completed';
  if (counts.failed === counts.total) return 'failed';
  return 'partially_completed';
}
