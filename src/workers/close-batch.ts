import { lockBatch, setDue } from '../db/queries/batches.ts';
import { closeBatches } from '../db/queries/close-batch.ts';
import { waitingSince } from '../db/queries/waiting-files.ts';
import type { Deps } from '../deps.ts';
import { onAlarm } from '../domain/batching.ts';
import { NotYet } from '../errors.ts';
import { closingOptions } from './apply-chunk.ts';
import { raiseAfterClosing } from './raise.ts';

/** `batch-close`: the alarm clock. Postgres decides whether the batch closes, waits, or is closed. */
export async function closeDueBatch(deps: Deps, { batch_id }: { batch_id: string }): Promise<void> {
  const { config, db } = deps;
  const result = await db.sql.begin(async (tx) => {
    const batch = await lockBatch(tx, batch_id);
    if (batch?.status !== 'processing') return null;
    const now = new Date();
    const options = closingOptions(config);
    const alarm = onAlarm(
      {
        waitingSince: await waitingSince(tx, batch),
        dueAt: batch.due_at,
        closeRequestedAt: batch.close_requested_at,
        counts: {
          total: batch.total_files,
          successful: batch.successful_files,
          failed: batch.failed_files,
        },
      },
      now,
      batch.user_preferences_snapshot.notification_delay_minutes * 60_000,
      options.maxAgeMs,
    );
    if (alarm.action === 'wait') {
      await setDue(tx, batch_id, alarm.until);
      return { wait: alarm.until, closed: null };
    }
    const [closing] = await closeBatches(tx, [batch], alarm.reason, now, options);
    return { wait: null, closed: closing ? { closing, reason: alarm.reason } : null };
  });
  if (result?.wait) throw new NotYet(result.wait, 'the batch is not due');
  if (result?.closed) await raiseAfterClosing(deps, [result.closed]);
}
