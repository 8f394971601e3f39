import type { Transaction } from '../client.ts';
import type { BatchRow } from './batches.ts';

/**
 * Since when unfinished files wait. A line keeps its row, and so its time, when it moves to the owner's
 * next batch; one that was finished and began anew waits since then.
 */

/** Since when a line `f` waits. */
export const lineWaitsSince = (tx: Transaction) =>
  tx`greatest(f.created_at, f.processing_start_time)`;

/** How many unfinished lines of each batch have waited since `until` at least; batches without any are left out. */
export async function countOverdue(
  tx: Transaction,
  batches: BatchRow[],
  until: Date,
): Promise<Map<string, number>> {
  // A batch that began later can only hold such a line if it took it over.
  const old = batches.filter((b) => b.carried_over_from !== null || b.batch_start_time <= until);
  if (old.length === 0) return new Map();
  const rows = await tx<{ batch_id: string; lines: number }[]>`
    select f.batch_id, count(*)::int as lines from batch_files f
    where f.batch_id = any(${old.map(({ batch_id }) => batch_id)}::uuid[]) 
      and f.processing_status in ('pending', 'processing') and ${lineWaitsSince(tx)} <= ${until}
    group by f.batch_id`;
  return new Map(rows.map(({ batch_id, lines }) => [batch_id, lines]));
}

/** Since when a batch waits in which nothing is finished: its start, or that of the oldest file it took over. */
export async function waitingSince(tx: Transaction, batch: BatchRow): Promise<Date> {
  const { batch_id, batch_start_time, successful_files, failed_files } = batch;
  if (batch.carried_over_from === null || successful_files + failed_files > 0)
    return batch_start_time;
  const [row] = await tx<{ since: Date }[]>`
    select least(${batch_start_time}::timestamptz, min(${lineWaitsSince(tx)})) as since
    from batch_files f where f.batch_id = ${batch_id}::uuid`;
  return row?.since ?? batch_start_time;
}
