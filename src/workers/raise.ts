import type { Closing } from '../db/queries/close-batch.ts';
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
  const mails = closings.flatMap(({ closing }) => closing.email ?? []);
  await Promise.all([
    raiseAlarms(deps, next),
    // Each at its place in its company's line, so that no company waits for another.
    deps.producer.raise(
      'email-render',
      mails.map(({ id, place }) => ({ payload: { email_id: id }, place })),
    ),
  ]);
}
