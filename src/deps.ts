import type { Config } from './config.ts';
import type { StoreName } from './contracts/stores.ts';
import { type Database, openDatabase } from './db/client.ts';
import { type MailBooks, mailBooks } from './db/mail-books.ts';
import { type RateLimit, rateLimits, type TakePlaces } from './domain/rate-limits.ts';
import { type SnsClient, snsClient } from './mail/bounces/sns-client.ts';
import { openTransports } from './mail/transports/open.ts';
import type { Transport } from './mail/transports/transport.ts';
import { createLogger, type Logger } from './observability/logger.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import { producerConnection, type RedisConnection, workerConnection } from './queues/connection.ts';
import { openProducer, type Producer } from './queues/producer.ts';
import { sharedRate } from './queues/shared-rate.ts';
import { chromaStore } from './stores/chroma.ts';
import { cmsStore } from './stores/cms.ts';
import { type CmsClient, cmsClient } from './stores/cms-client.ts';
import { type GuardedStore, guardedStore } from './stores/guarded-store.ts';
import { type Preferences, preferencesResolver, steadyClock } from './stores/preferences.ts';
import { quarantineOver } from './stores/quarantine/open.ts';
import type { Quarantine } from './stores/quarantine/quarantine.ts';
import { type Quotas, quotaReader } from './stores/quota.ts';
import { s3Store } from './stores/s3.ts';
import { sharedPreferences } from './stores/shared-preferences.ts';
import type { LeftoverStore } from './stores/store.ts';

type RateOf = (label: string, limits: readonly RateLimit[]) => TakePlaces;

/** Everything the API and the workers work with. Opened once per process, closed by one call. */
export interface Deps {
  config: Config;
  log: Logger;
  metrics: Metrics;
  db: Database;
  mails: MailBooks;
  /** Fails fast: for producers and health checks. */
  redis: RedisConnection;
  /** Waits for Redis: for workers. */
  workerRedis(): RedisConnection;
  producer: Producer;
  cms: CmsClient;
  stores: Record<StoreName, GuardedStore>;
  quarantine: Quarantine;
  preferences: Preferences;
  quotas: Quotas;
  transport: Transport;
  sns: SnsClient;
  /** Aborted when the process has to let go of what it cannot finish in time. */
  draining: AbortSignal;
  letGo(): void;
  close(): Promise<void>;
}

/**
 * The composition root: the one place that knows which part is made of what.
 * @param service name of the process in its log lines
 */
export function openDeps(config: Config, service: string): Deps {
  const log = createLogger(config.LOG_LEVEL, service);
  const metrics = createMetrics();
  const db = openDatabase(config.DATABASE_URL, config.DATABASE_POOL_SIZE, () =>
    metrics.transactionsLost.inc(),
  );
  const report = reporter(log, 'redis');
  const redis = producerConnection(config.REDIS_URL, report);
  const connections: RedisConnection[] = [];
  const producer = openProducer(redis, config.QUEUE_PREFIX, (queue, error) => {
    metrics.enqueueFailures.inc({ queue });
    log.warn({ err: error, queue }, 'could not enqueue; the sweep will');
  });
  const cms = cmsClient(config);
  const rateOf = (kind: string) => (label: string, limits: readonly RateLimit[]) =>
    sharedRate(`${config.QUEUE_PREFIX}:${kind}:${label}`, limits, redis);
  const stores = guardedStores(config, cms, rateOf('store-rate'));
  const quarantine = quarantineOver(config, cms, stores);
  const shared = sharedPreferences(redis, config.QUEUE_PREFIX, steadyClock);
  const transport = openTransports(config, { rateOf: rateOf('mail-rate') });
  const draining = new AbortController();
  return {
    config,
    log,
    metrics,
    db,
    mails: mailBooks(db.sql),
    redis,
    workerRedis: () => {
      const connection = workerConnection(config.REDIS_URL, report);
      connections.push(connection);
      return connection;
    },
    producer,
    cms,
    stores,
    quarantine,
    preferences: preferencesResolver({
      client: cms,
      defaults: defaultSettings(config),
      shared,
      onResolved: (source) => metrics.preferencesResolved.inc({ source }),
    }),
    quotas: quotaReader(cms),
    sns: snsClient(),
    transport,
    draining: draining.signal,
    letGo: () => draining.abort(),
    close: async () => {
      await Promise.allSettled([producer.close(), transport.close()]);
      await Promise.allSettled(Object.values(stores).map((store) => store.close?.()));
      quarantine.close();
      for (const connection of [redis, ...connections]) connection.disconnect();
      await db.close();
    },
  };
}

/** A store rests after this many failures of its own in a row, or after a single time-out. */
const FAILURES_TO_OPEN = 3;

/** The three stores, each with its limits and a circuit breaker of its own. */
function guardedStores(config: Config, cms: CmsClient, rateOf: RateOf): Deps['stores'] {
  const limits = rateLimits(config.STORE_RATE_LIMITS);
  const openMs = config.CORRECTION_RETRY_BASE_SECONDS * 1000;
  const circuit = { failuresToOpen: FAILURES_TO_OPEN, openMs };
  const guarded = (store: LeftoverStore) => {
    const takePlaces = rateOf(store.name, limits.get(store.name) ?? []);
    return guardedStore(store, { circuit, takePlaces, now: () => performance.now() });
  };
  return {
    s3: guarded(s3Store(config)),
    chroma: guarded(chromaStore(config)),
    cms: guarded(cmsStore(cms)),
  };
}

/** The last rung of the ladder: our own defaults, from configuration. */
function defaultSettings(config: Config) {
  return {
    notification_enabled: true,
    batch_size_threshold: config.DEFAULT_BATCH_SIZE_THRESHOLD,
    notification_delay_minutes: config.DEFAULT_NOTIFICATION_DELAY_MINUTES,
    email_format: 'html' as const,
    include_success_details: true,
    include_error_details: true,
  };
}

/** Logs an error of a part once per state, not once per reconnect. */
function reporter(log: Logger, part: string): (error: Error) => void {
  let last = '';
  return (error) => {
    if (error.message === last) return;
    last = error.message;
    log.warn({ err: error, part }, 'connection trouble; reconnecting');
  };
}
