import { setTimeout as pause } from 'node:timers/promises';
import type { World } from './world.ts';

/**
 * Moving the clock by the database, so that nothing waits for half an hour. All of it is what time
 * would do by itself.
 */

/** A claim older than this, in seconds, is nobody's any more: longer than the longest attempt. */
const ABANDONED_SECONDS = 12;
const PATIENCE_MS = 90_000;

/** While the faults go on: every second some of the open batches come due. */
export async function bringBatchesDue({ sql }: World, signal: AbortSignal): Promise<void> {
  for (let tick = 0; !signal.aborted; tick += 1) {
    await sql`
      update batch_processing_sessions set due_at = now()
      where status = 'processing' and id % 12 = ${tick % 12}`.catch(() => undefined);
    await pause(1000, undefined, { signal }).catch(() => undefined);
  }
}

export interface Waiting {
  unapplied: number;
  open_batches: number;
  open_mails: number;
  open_corrections: number;
  untold_cms: number;
}

/**
 * Lets everything come to its end: all windows and retries are due at once, claims of processes that
 * died run out, and what was never finished is too old.
 * @throws naming what still waits when it does not come to an end
 */
export async function settle({ sql }: World): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const [waiting] = await sql<Waiting[]>`
      select
        (select count(*) from file_events where applied_at is null and dead_lettered_at is null) as unapplied,
        (select count(*) from batch_processing_sessions where status = 'processing') as open_batches,
        (select count(*) from email_notification_log where send_status in ('pending', 'sending')) as open_mails,
        (select count(*) from auto_correction_tasks
          where status in ('pending', 'awaiting_approval', 'processing')) as open_corrections,
        (select count(*) from batch_processing_sessions
          where notification_sent and cms_written_back_at is null) as untold_cms`;
    if (!waiting) throw new Error('the database answered nothing');
    if (Object.values(waiting).every((count) => count === 0)) return;
    if (Date.now() > deadline)
      throw new Error(`the system did not come to rest: ${JSON.stringify(waiting)}`);
    if (waiting.unapplied === 0) await moveClocks(sql);
    await pause(500);
  }
}

async function moveClocks(sql: World['sql']): Promise<void> {
  const abandoned = sql`updated_at < now() - make_interval(secs => ${ABANDONED_SECONDS})`;
  await sql`
    update batch_processing_sessions set due_at = now(), batch_start_time = now() - interval '2 days'
    where status = 'processing'`;
  await sql`
    update email_notification_log set lease_expires_at = now() - interval '1 second'
    where send_status = 'sending' and ${abandoned}`;
  await sql`
    update auto_correction_tasks set lease_expires_at = now() - interval '1 second'
    where status = 'processing' and ${abandoned}`;
  await sql`
    update auto_correction_tasks set run_at = now() where status = 'pending' and run_at > now()`;
}
