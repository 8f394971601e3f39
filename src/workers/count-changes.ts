import type { FileStatus } from '../contracts/file-events.ts';
import type { CountChange } from '../db/queries/batches.ts';
import type { PlacedChange } from '../db/queries/files.ts';
import type { KnownFile } from '../domain/fold-events.ts';

/** A change together with what was known before it. */
export interface JudgedChange extends PlacedChange {
  known: KnownFile | null;
}

/** How the counts of the open batches change, from how each file's line did. */
export function countChanges(changes: JudgedChange[]): CountChange[] {
  const byBatch = new Map<string, CountChange>();
  for (const { batchId, known, change } of changes) {
    const before = known?.line?.open ? known.line : null;
    const after = change.line ?? (change.removesLine ? null : (before?.content ?? null));
    const sum = byBatch.get(batchId) ?? {
      batch_id: batchId,
      total: 0,
      successful: 0,
      failed: 0,
      events: 0,
    };
    const is = (status: FileStatus) =>
      Number(after?.status === status) - Number(before?.content.status === status);
    sum.total += Number(after !== null) - Number(before !== null);
    sum.successful += is('success');
    sum.failed += is('failed');
    sum.events += change.lineGain - (change.removesLine ? (before?.eventCount ?? 0) : 0);
    byBatch.set(batchId, sum);
  }
  return [...byBatch.values()];
}
