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
 * @param batch its start, its `due_at`, and when an operator asked for it to close, if one did
 * @param delayMs the owner's notification delay
 * @param maxAgeMs age at which a batch closes though nothing in it is finished
 */
export function onAlarm(
  batch: { startedAt: Date; dueAt: Date; closeRequestedAt: Date | null; counts: Counts },
  now: Date,
  delayMs: number,
  maxAgeMs: number,
): Alarm {
  const { counts, dueAt, startedAt } = batch;
  const something = finished(counts) > 0 || counts.total === 0;
  if (batch.closeRequestedAt && finished(counts) > 0) return { action: 'close', reason: 'manual' };
  if (now < dueAt) return { action: 'wait', until: dueAt };
  if (something) return { action: 'close', reason: 'due' };
  const lastCall = startedAt.getTime() + maxAgeMs;
  if (now.getTime() >= lastCall) return { action: 'close', reason: 'max_age' };
  return { action: 'wait', until: new Date(Math.min(now.getTime() + delayMs, lastCall)) };
}

/** Unfinished files are listed in the mail only when the batch was given up waiting for them. */
export function listsUnfinished(reason: CloseReason): boolean {
  return reason === 'max_age';
}

/** The status a batch closes with, from the counts of the lines it reports. */
export function statusAtClose(counts: Counts): BatchStatus {
  if (counts.successful === counts.total) return 'completed';
  if (counts.failed === counts.total) return 'failed';
  return 'partially_completed';
}
