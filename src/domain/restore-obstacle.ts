/** What our own records say of a file whose correction is to be undone. */
export interface RestoreFacts {
  /** A correction of the file is open. */
  open: boolean;
  /** An accepted event of the file is not applied yet. */
  waiting: boolean;
  /** Somebody's ingestion of the file is not finished. */
  under_way: boolean;
  /** Whoever had the file deleted it after the correction was created. */
  deleted: boolean;
  /** Somebody's ingestion of the file has succeeded. */
  succeeded: boolean;
}

/** Why nothing may be written now; what passes by itself is waited for. */
export interface RestoreObstacle {
  passes: boolean;
  reason: string;
}

/**
 * Whether what a correction removed may be put back: never while an ingester may write, never for
 * nobody, and without an operator's word only for a file that has succeeded.
 * @returns null where it may
 */
export function restoreObstacle(
  facts: RestoreFacts,
  by: 'operator' | 'conflict',
): RestoreObstacle | null {
  if (facts.open) return { passes: false, reason: 'another correction of the file is open' };
  // What is not applied yet may change every other answer.
  if (facts.waiting)
    return { passes: true, reason: 'an accepted event of the file is not applied yet' };
  if (facts.under_way) return { passes: true, reason: 'an ingestion of the file is under way' };
  if (facts.deleted) return { passes: false, reason: 'the file was deleted' };
  if (by === 'conflict' && !facts.succeeded)
    return { passes: false, reason: 'the file has not succeeded after all' };
  return null;
}
