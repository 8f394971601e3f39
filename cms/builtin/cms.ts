import type { Express } from 'express';
import { type Logger, pino } from 'pino';
import { createApp } from './app.ts';
import { startAccessAudit } from './audit.ts';
import { botCollection } from './bots.ts';
import { collectionRoutes } from './collection-routes.ts';
import { companyCollection } from './companies.ts';
import type { CmsConfig } from './config.ts';
import { migrateDatabase, openDatabase } from './database.ts';
import { fileCollection } from './files.ts';
import { healthCheck } from './health.ts';
import { createMetrics } from './metrics.ts';
import { pageRoutes } from './pages/routes.ts';
import { pageSessions } from './pages/sessions.ts';
import { preferenceCache } from './preference-cache.ts';
import { preferenceRoutes } from './preference-routes.ts';
import { preferenceCollection } from './preferences.ts';
import { startRetention } from './retention.ts';
import { startWebhookDelivery } from './webhook-delivery.ts';
import { noWebhooks, outboxWebhooks } from './webhooks.ts';

export interface Cms {
  app: Express;
  /** Ends background work, writes the access log and closes the database. Close the server first. */
  close(): Promise<void>;
}

/**
 * Brings the tables up to date and starts the CMS; the caller lets `app` listen.
 * @throws Error when the database cannot be reached or migrated
 */
export async function createCms(
  config: CmsConfig,
  log: Logger = pino({ level: config.logLevel, name: 'cms' }),
): Promise<Cms> {
  await migrateDatabase(config.databaseUrl);
  const cache = preferenceCache();
  const metrics = createMetrics(cache.stats);
  const { db, close } = openDatabase(config.databaseUrl, metrics.onQuery);
  const audit = startAccessAudit(db, metrics, log);
  const retention = startRetention(db, log);
  const delivery = config.webhook ? startWebhookDelivery(db, config.webhook, metrics, log) : null;
  const webhooks = delivery ? outboxWebhooks(delivery.wake) : noWebhooks;

  const preferences = preferenceCollection(db, cache, webhooks);
  const pages = config.pages && { ...config.pages, apiTokens: config.apiTokens };

  const app = createApp({
    config,
    metrics,
    log,
    record: audit.record,
    health: healthCheck(db, cache, metrics, delivery),
    preferences: preferenceRoutes(db, cache, metrics, preferences),
    companies: collectionRoutes(companyCollection(db, cache)),
    bots: collectionRoutes(botCollection(db)),
    files: collectionRoutes(fileCollection(db)),
    pages: pages
      ? pageRoutes({
          db,
          preferences,
          metrics,
          log,
          settings: pages,
          sessions: pageSessions(pages),
          rateLimitMax: config.rateLimitMax,
        })
      : null,
  });
  return {
    app,
    close: async () => {
      await Promise.all([delivery?.stop(), audit.stop(), retention.stop()]);
      await close();
    },
  };
}
