import { fileURLToPath } from 'node:url';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { openPostgres } from '../../src/postgres-client.ts';
import { type OnQuery, timingQueries } from './query-metrics.ts';
import * as schema from './schema.ts';

export type Db = PostgresJsDatabase<typeof schema>;
/** A transaction of it. */
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0];

const MIGRATIONS = fileURLToPath(new URL('migrations', import.meta.url));
/** Any constant will do; it only has to be the same in every process. */
const MIGRATION_LOCK = 5_118_620_417;
const CONNECT_TIMEOUT_SECONDS = 5;
const STATEMENT_TIMEOUT_MS = 15_000;

/** Connections one process holds at most. */
export const POOL_SIZE = 10;

/**
 * Opens a pool. Nothing is connected before the first query.
 * @param onQuery told of every statement that has ended
 */
export function openDatabase(url: string, onQuery: OnQuery) {
  const client = openPostgres(url, 'cms', {
    max: POOL_SIZE,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    connection: { statement_timeout: STATEMENT_TIMEOUT_MS },
  });
  return {
    db: drizzle(timingQueries(client, onQuery), { schema }),
    close: () => client.end({ timeout: 5 }),
  };
}

/**
 * Creates or updates the tables. Safe to start from many processes at once: an advisory lock lets one
 * of them work while the others wait and then find nothing to do.
 */
export async function migrateDatabase(url: string): Promise<void> {
  const client = openPostgres(url, 'cms migration', {
    max: 1,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
  });
  try {
    await client`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await migrate(drizzle(client), {
      migrationsFolder: MIGRATIONS,
      migrationsTable: 'cms_migrations',
    });
  } finally {
    await client.end({ timeout: 5 });
  }
}
