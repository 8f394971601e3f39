import { planByIndex } from '../db/plan-by-index.ts';
import {
  archiveBatches,
  archiveDeadLetters,
  archiveDeletedFiles,
  archiveFailures,
  archiveOtherMails,
} from '../db/queries/archive.ts';
import type { Deps } from '../deps.ts';

const DAY_MS = 86_400_000;
/** Batches, or rows that stand alone, in one transaction: a batch may have thousands of lines. */
const BATCHES = 50;
const ROWS = 500;
/** Old rows must not hold the sweep up: what is left after this is for the next one, in milliseconds. */
const BUDGET_MS = 1000;

/**
 * Removes what is older than `RETENTION_DAYS` and settled, a bounded part at each sweep; the audit goes
 * on counting it. Part of the sweep, so one process does it at a time.
 */
export async function archiveOld(deps: Deps): Promise<void> {
  const { RETENTION_DAYS } = deps.config;
  if (RETENTION_DAYS === 0) return;
  const before = new Date(Date.now() - RETENTION_DAYS * DAY_MS);
  const until = Date.now() + BUDGET_MS;
  const kinds = [
    { archive: archiveBatches, limit: BATCHES },
    { archive: archiveOtherMails, limit: ROWS },
    { archive: archiveDeletedFiles, limit: ROWS },
    { archive: archiveDeadLetters, limit: ROWS },
    { archive: archiveFailures, limit: ROWS },
  ];
  for (const { archive, limit } of kinds) {
    let removed = limit;
    while (removed === limit && Date.now() < until)
      removed = await deps.db.sql.begin(async (tx) => {
        await planByIndex(tx);
        return archive(tx, before, limit);
      });
  }
}
