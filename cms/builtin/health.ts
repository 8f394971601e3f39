import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { RequestHandler } from 'express';
import type { Db } from './database.ts';
import type { Metrics } from './metrics.ts';
import type { PreferenceCache } from './preference-cache.ts';
import type { WebhookDelivery } from './webhook-delivery.ts';

const DATABASE_PATIENCE_MS = 2000;

/**
 * `GET /api/health`: 503 while the database does not answer. The ingestion service is judged by the
 * last webhook, not asked: its own health check asks this one.
 */
export function healthCheck(
  db: Db,
  cache: PreferenceCache,
  metrics: Metrics,
  delivery: WebhookDelivery | null,
): RequestHandler {
  return async (_request, response) => {
    const database = (await answers(db)) ? 'healthy' : 'unhealthy';
    const stats = cache.stats();
    response.status(database === 'healthy' ? 200 : 503).json({
      timestamp: new Date().toISOString(),
      status: database,
      services: {
        database,
        cache: { status: 'healthy', size: stats.size, stats },
        ...(delivery ? { ingestion_service: lastSeen(delivery) } : {}),
      },
      api: await metrics.api(),
      system: {
        uptime: process.uptime(),
        memory: process.memoryUsage(),
        cpu: process.cpuUsage(),
      },
      ...(database === 'healthy' ? {} : { error: 'The database does not answer.' }),
    });
  };
}

async function answers(db: Db): Promise<boolean> {
  const ended = new AbortController();
  const inTime = db.execute(sql`select 1`).then(
    () => true,
    () => false,
  );
  const tooLate = delay(DATABASE_PATIENCE_MS, false, { signal: ended.signal }).catch(() => false);
  const result = await Promise.race([inTime, tooLate]);
  ended.abort();
  return result;
}

function lastSeen(delivery: WebhookDelivery): string {
  const outcome = delivery.lastAttempt();
  if (outcome === null) return 'unknown';
  return outcome === 'delivered' ? 'healthy' : 'unhealthy';
}
