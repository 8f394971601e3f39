import express, { type Express, type RequestHandler, type Router } from 'express';
import type { Logger } from 'pino';
import { recognizeCaller, requireToken } from './auth.ts';
import type { CmsConfig } from './config.ts';
import { errorHandler } from './error-handler.ts';
import type { Metrics } from './metrics.ts';
import { Problem } from './problem.ts';
import { rateLimit } from './rate-limit.ts';
import { measureRequests } from './request-metrics.ts';

/** What the routes are made of. */
export interface AppParts {
  config: Pick<CmsConfig, 'apiTokens' | 'rateLimitMax'>;
  metrics: Metrics;
  log: Logger;
  record: RequestHandler;
  health: RequestHandler;
  preferences: Router;
  companies: Router;
  bots: Router;
  files: Router;
  /** For people; not served where there is nothing to sign links with. */
  pages: Router | null;
}

/**
 * The whole HTTP side. Only health and metrics are open; the pages have a login and links of their
 * own, everything else needs a token.
 */
export function createApp(parts: AppParts): Express {
  const { metrics } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  app.use(parts.record);
  app.use(recognizeCaller(parts.config.apiTokens));
  app.get('/api/health', parts.health);
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });

  if (parts.pages) app.use(parts.pages);
  app.use('/api/user-notification-preferences', measureRequests(metrics));
  app.use(rateLimit(parts.config.rateLimitMax), requireToken, express.json({ limit: '1mb' }));
  app.use('/api/user-notification-preferences', parts.preferences);
  app.use('/api/companies', parts.companies);
  app.use('/api/bots', parts.bots);
  app.use('/api/files', parts.files);

  app.use(() => {
    throw new Problem(404, 'There is nothing at this address.');
  });
  app.use(errorHandler(metrics, parts.log));
  return app;
}
