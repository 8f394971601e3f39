import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { POOL_SIZE } from './database.ts';
import type { CacheStats } from './preference-cache.ts';

/** Seconds; a cached look-up takes a millisecond, a webhook is given up after five. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type Metrics = ReturnType<typeof createMetrics>;

/** The metrics of one CMS, in a registry of their own. Alerts go by the names: none may change. */
export function createMetrics(cacheStats: () => CacheStats) {
  const registry = new Registry();
  const registers = [registry];
  const labelNames = ['method', 'route', 'status'] as const;

  new Gauge({
    name: 'cache_hit_rate',
    help: 'Share of preference look-ups answered from the cache, 0 to 1',
    registers,
    collect() {
      this.set(cacheStats().hitRate);
    },
  });
  new Gauge({
    name: 'cache_size',
    help: 'Entries in the preference cache',
    registers,
    collect() {
      this.set(cacheStats().size);
    },
  });
  new Counter({
    name: 'cache_evictions_total',
    help: 'Entries that left the preference cache because of age or room',
    registers,
    collect() {
      this.reset();
      this.inc(cacheStats().evictions);
    },
  });
  new Gauge({
    name: 'db_connection_pool_size',
    help: 'Database connections this process holds at most',
    registers,
  }).set(POOL_SIZE);
  const queryDuration = new Histogram({
    name: 'db_query_duration',
    help: 'Time of one statement, the wait for a connection included, in seconds',
    buckets: BUCKETS,
    registers,
  });
  const queryErrors = new Counter({
    name: 'db_query_errors_total',
    help: 'Statements that failed, duplicates refused by a unique index included',
    registers,
  });
  const requests = new Counter({
    name: 'api_preferences_requests_total',
    help: 'Requests to the preference routes',
    labelNames,
    registers,
  });
  const errors = new Counter({
    name: 'api_preferences_errors_total',
    help: 'Requests to the preference routes answered with a 5xx',
    labelNames,
    registers,
  });
  const fallbacks = new Counter({
    name: 'api_preferences_fallback_applied_total',
    help: 'People asked about who have no preferences of their own',
    registers,
  });

  return {
    registry,
    requests,
    errors,
    fallbacks,
    /** What the health check says of the preference routes. */
    api: async () => ({
      requests: await sumOf(requests),
      errors: await sumOf(errors),
      fallback_applied: await sumOf(fallbacks),
    }),
    onQuery: (seconds: number, failed: boolean) => {
      queryDuration.observe(seconds);
      if (failed) queryErrors.inc();
    },
    responseTime: new Histogram({
      name: 'api_preferences_response_time',
      help: 'Time to answer the preference routes, in seconds',
      labelNames: ['method', 'route'],
      buckets: BUCKETS,
      registers,
    }),
    webhooksSent: new Counter({
      name: 'webhook_notifications_sent_total',
      help: 'Webhooks the ingestion service took',
      registers,
    }),
    webhookErrors: new Counter({
      name: 'webhook_notification_errors_total',
      help: 'Attempts to deliver a webhook that failed',
      registers,
    }),
    webhookLatency: new Histogram({
      name: 'webhook_notification_latency',
      help: 'Time of one attempt to deliver a webhook, in seconds',
      buckets: BUCKETS,
      registers,
    }),
    databaseErrors: new Counter({
      name: 'db_connection_errors_total',
      help: 'Requests that failed because the database could not be reached',
      registers,
    }),
    auditDropped: new Counter({
      name: 'access_log_dropped_total',
      help: 'Accesses not recorded because the database was away for too long',
      registers,
    }),
  };
}

async function sumOf(counter: { get: Counter['get'] }): Promise<number> {
  const { values } = await counter.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}
