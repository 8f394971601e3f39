import { createHash, timingSafeEqual } from 'node:crypto';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import express, { type NextFunction, type Request, type Response } from 'express';
import { ConfigError, loadConfig } from './src/config.ts';
import { createLogger } from './src/observability/logger.ts';
import { workerConnection } from './src/queues/connection.ts';
import { openProducer } from './src/queues/producer.ts';
import { type QueueName, queueNames } from './src/queues/registry.ts';
import { shownPayload } from './src/queues/shown-payload.ts';
import { closerOf, onShutdown } from './src/shutdown.ts';

/**
 * Entry of the operators' dashboard: every queue of the registry, behind the admin key. Browsers ask
 * for it by HTTP Basic (any user name, the key as password); programs send it as a Bearer key.
 */
function main(): void {
  const config = loadConfig();
  const log = createLogger(config.LOG_LEVEL, 'bull-board');
  const redis = workerConnection(config.REDIS_URL, (error) =>
    log.warn({ err: error }, 'connection trouble; reconnecting'),
  );
  const producer = openProducer(redis, config.QUEUE_PREFIX, () => {});
  const board = new ExpressAdapter();
  createBullBoard({
    queues: queueNames.map((name) => shown(name, new BullMQAdapter(producer.queue(name)))),
    serverAdapter: board,
    options: { uiConfig: { boardTitle: 'Tidings', hideRedisDetails: true } },
  });
  const app = express();
  app.disable('x-powered-by');
  app.use(refuseFrames);
  app.get('/health/live', (_request, response) => {
    response.json({ alive: true });
  });
  app.use(requireAdmin(config.ADMIN_API_KEY), refuseMassActions, refuseEdits, board.getRouter());
  const at = { port: config.BULL_BOARD_PORT, host: config.LISTEN_HOST };
  const server = app.listen(at, (error?: Error) => {
    if (error) throw error;
    log.info({ port: config.BULL_BOARD_PORT }, 'bull board started');
  });
  const close = closerOf(server);
  onShutdown(
    log,
    async () => {
      await close();
      await producer.close();
      redis.disconnect();
    },
    {
      timeoutSeconds: config.SHUTDOWN_TIMEOUT_SECONDS,
      letGo: () => server.closeAllConnections(),
    },
  );
}

/** A queue without the personal data that a producer's own jobs may carry. */
function shown(name: QueueName, adapter: BullMQAdapter): BullMQAdapter {
  adapter.setFormatter('data', (data: unknown) => shownPayload(name, data));
  return adapter;
}

/**
 * Browsers remember the key of a page they signed in to. Shown in a frame, invisible, another site could
 * have an operator press the board's buttons.
 */
function refuseFrames(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'Content-Security-Policy': "frame-ancestors 'none'",
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  });
  next();
}

function requireAdmin(keys: string[]) {
  const digest = (key: string) => createHash('sha256').update(key).digest();
  const known = keys.map(digest);
  return (request: Request, response: Response, next: NextFunction) => {
    const [scheme, value = ''] = (request.get('authorization') ?? '').split(/ +/, 2);
    const key =
      scheme?.toLowerCase() === 'basic'
        ? Buffer.from(value, 'base64').toString().split(':').slice(1).join(':')
        : value;
    if (known.some((one) => timingSafeEqual(one, digest(key)))) return next();
    response
      .status(401)
      .set('WWW-Authenticate', 'Basic realm="Tidings operators", charset="UTF-8"')
      .type('text/plain')
      .send('Sign in with any user name and the admin key as password.\n');
  };
}

/**
 * Emptying or obliterating a queue of millions blocks Redis, and everything in it would come back with
 * the next sweep anyway.
 */
function refuseMassActions(request: Request, response: Response, next: NextFunction): void {
  // Not `…/:jobId/clean`, which removes one job.
  const whole = /^\/api\/queues\/[^/]+\/(empty|obliterate|clean\/[^/]+)\/?$/i;
  if (request.method !== 'PUT' || !whole.test(request.path)) next();
  else
    response.status(403).json({ error: 'Mass removal is switched off; see docs/operations.md.' });
}

/** What the board shows of a job is not all it carries: saving it would throw the rest away. */
function refuseEdits(request: Request, response: Response, next: NextFunction): void {
  if (request.method !== 'PATCH' || !/\/update-data\/?$/i.test(request.path)) next();
  else response.status(403).json({ error: 'What a job carries is not changed by hand.' });
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`);
  process.exit(1);
}
