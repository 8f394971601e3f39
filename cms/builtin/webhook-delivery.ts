import { and, asc, eq, isNull, lte, sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { Db } from './database.ts';
import { errorCode } from './database-errors.ts';
import type { Metrics } from './metrics.ts';
import { webhookOutbox } from './schema.ts';
import { postWebhook, type WebhookTarget } from './webhook-request.ts';

/** So many are under way at once; a receiver that hangs blocks no more connections than this. */
const LANES = 4;
const POLL_MS = 1000;
const MAX_BACKOFF_SECONDS = 300;

export interface WebhookDelivery {
  /** Looks into the outbox now. */
  wake(): void;
  /** The outcome of the last attempt; null before the first. */
  lastAttempt(): 'delivered' | 'failed' | null;
  /** Ends attempts under way; their rows stay due. */
  stop(): Promise<void>;
}

/**
 * Delivers the outbox until stopped. A row stays locked while it is being sent, so no second process
 * sends it meanwhile, and a process that dies lets it go at once. Failures wait 1 s, doubled to 300 s.
 */
export function startWebhookDelivery(
  db: Db,
  target: WebhookTarget,
  metrics: Metrics,
  log: Logger,
): WebhookDelivery {
  const stopping = new AbortController();
  let last: 'delivered' | 'failed' | null = null;
  let woken = false;
  let running: Promise<void> | null = null;

  const deliverNext = () =>
    db.transaction(async (tx) => {
      const [row] = await tx
        .select()
        .from(webhookOutbox)
        .where(
          and(
            isNull(webhookOutbox.delivered_at),
            lte(webhookOutbox.next_attempt_at, sql`clock_timestamp()`),
          ),
        )
        .orderBy(asc(webhookOutbox.next_attempt_at), asc(webhookOutbox.id))
        .limit(1)
        .for('update', { skipLocked: true });
      if (!row) return false;
      const failure = await attempt(row);
      await tx
        .update(webhookOutbox)
        .set(failure === null ? delivered() : retryLater(row.attempts + 1, failure))
        .where(eq(webhookOutbox.id, row.id));
      return true;
    });

  const attempt = async (row: typeof webhookOutbox.$inferSelect): Promise<string | null> => {
    const observe = metrics.webhookLatency.startTimer();
    try {
      await postWebhook(target, row, stopping.signal);
      metrics.webhooksSent.inc();
      last = 'delivered';
      return null;
    } catch (error) {
      if (stopping.signal.aborted) throw error;
      const reason = failureReason(error);
      metrics.webhookErrors.inc();
      last = 'failed';
      log.warn({ webhook: row.message_id, attempt: row.attempts + 1, reason }, 'webhook not taken');
      return reason;
    } finally {
      observe();
    }
  };

  const lane = async () => {
    try {
      while (!stopping.signal.aborted && (await deliverNext()));
    } catch (error) {
      if (!stopping.signal.aborted)
        log.error({ code: errorCode(error) }, 'webhook outbox cannot be read; trying again');
    }
  };
  const drain = async () => {
    do {
      woken = false;
      await Promise.all(Array.from({ length: LANES }, lane));
    } while (woken && !stopping.signal.aborted);
  };
  const wake = () => {
    woken = true;
    if (running || stopping.signal.aborted) return;
    running = drain().finally(() => {
      running = null;
    });
  };

  const timer = setInterval(wake, POLL_MS);
  return {
    wake,
    lastAttempt: () => last,
    stop: async () => {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}

const delivered = () => ({
  attempts: sql`attempts + 1`,
  delivered_at: sql`clock_timestamp()`,
  last_error: null,
});

const retryLater = (attempts: number, reason: string) => ({
  attempts,
  last_error: reason,
  next_attempt_at: sql`clock_timestamp() + ${Math.min(MAX_BACKOFF_SECONDS, 2 ** (attempts - 1))}::float8 * interval '1 second'`,
});

function failureReason(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in 5 seconds';
  if (!(error instanceof Error)) return 'unknown';
  return errorCode(error) ?? (error.cause instanceof Error ? error.cause : error).message;
}
