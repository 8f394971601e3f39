import type { Standing } from '../../domain/fold-events.ts';
import type { Transaction } from '../client.ts';

/** Which line each event stands in: one side of the audit. */

/** Marks events as applied and notes which line each was absorbed into. */
export async function markApplied(
  tx: Transaction,
  events: { standing: Standing; lineId: number | null }[],
): Promise<void> {
  await tx`
    update file_events e set applied_at = now(), outcome = g.outcome, batch_file_id = g.line_id
    from unnest(
      ${events.map((e) => e.standing.eventId)}::bigint[],
      ${events.map((e) => e.standing.outcome)}::text[],
      ${events.map((e) => e.lineId)}::bigint[]
    ) as g(id, outcome, line_id)
    where e.id = g.id`;
}

/**
 * Adds events to lines of batches that are already closed, and to those batches.
 * @throws Error when a line was archived since it was looked up: then the chunk is to be applied again
 */
export async function addLateEvents(tx: Transaction, lineIds: number[]): Promise<void> {
  if (lineIds.length === 0) return;
  const [row] = await tx<{ missing: number }[]>`
    with gains as (
      select id, count(*)::int as gain from unnest(${lineIds}::bigint[]) as l(id) group by id
    ), lines as (
      update batch_files f set event_count = f.event_count + g.gain
      from gains g where f.id = g.id returning f.batch_id, g.gain
    ), batches as (
      update batch_processing_sessions b set event_count = b.event_count + s.gain
      from (select batch_id, sum(gain)::int as gain from lines group by batch_id) s
      where b.batch_id = s.batch_id
    )
    select ((select count(*) from gains) - (select count(*) from lines))::int as missing`;
  if (row && row.missing > 0) throw new Error('a late event belongs to a line archived just now');
}
