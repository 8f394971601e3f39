import type { Closing } from '../db/queries/close-batch.ts';
import { placesInLine } from '../db/queries/email-lines.ts';
import type { Deps } from '../deps.ts';
import type { CloseReason } from '../domain/batching.ts';

/** Sets the alarm clocks of open batches. */
export function raiseAlarms(deps: Deps, batches: { batch_id: string; due_at: Date }[]) {
  return deps.producer.raise(
    'batch-close',
    batches.map(({ batch_id, due_at }) => ({ payload: { batch_id }, at: due_at })),
  );
}

/** What follows the commit of a close: its mail is rendered, the next batch gets its alarm. */
export async function raiseAfterClosing(
  deps: Deps,
  closings: { closing: Closing; reason: CloseReason }[],
): Promise<void> {
  for (const { reason } of closings) deps.metrics.batchesCompleted.inc({ closed_by: reason });
  const next = closings.flatMap(({ closing }) => (closing.next ? [closing.next] : []));
  deps.metrics.batchesCreated.inc(next.length);
  const mails = closings.flatMap(({ closing }) => closing.email_id ?? []);
  await Promise.all([raiseAlarms(deps, next), raiseMails(deps, 'email-render', mails)]);
}

/** Puts mails in motion, each at its place in its company's line, so that no company waits for another. */
export async function raiseMails(
  deps: Deps,
  queue: 'email-render' | 'email-send',
  ids: number[],
): Promise<void> {
  if (ids.length === 0) return;
  const places = await placesInLine(deps.db.sql, ids);
  await deps.producer.raise(
    queue,
    ids.map((email_id) => ({ payload: { email_id }, place: places.get(email_id) ?? 1 })),
  );
}
