import { lt, sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { Db } from './database.ts';
import { errorCode } from './database-errors.ts';
import { accessLog, webhookOutbox } from './schema.ts';

const EVERY_MS = 3_600_000;

/**
 * Keeps the two growing tables bounded: webhooks for 7 days, delivered or not (nobody caches
 * preferences for longer than a day), the access log for 30.
 */
async function removeOldRows(db: Db): Promise<void> {
  await db
    .delete(webhookOutbox)
    .where(lt(webhookOutbox.created_at, sql`now() - interval '7 days'`));
  await db.delete(accessLog).where(lt(accessLog.at, sql`now() - interval '30 days'`));
}

/** Removes old rows now and every hour. */
export function startRetention(db: Db, log: Logger): { stop(): Promise<void> } {
  const remove = () =>
    removeOldRows(db).catch((error) => {
      log.warn({ code: errorCode(error) }, 'old rows not removed; again in an hour');
    });
  let running = remove();
  const timer = setInterval(() => {
    running = remove();
  }, EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
