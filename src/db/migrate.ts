import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { ConfigError, databaseUrl } from '../config.ts';
import { reasonOf } from '../errors.ts';
import { packageRoot } from '../package-root.ts';
import { openPostgres } from '../postgres-client.ts';
import { isDatabaseDown, sqlState } from './client.ts';

/** Any constant will do; it only has to be the same in every process. */
const MIGRATION_LOCK = 7_301_947_223;

/**
 * A migration that waits for a table keeps everybody who comes after it from that table. So it waits this
 * long, lets the others go on for as long, and asks again, this often.
 */
const LOCK_WAIT_MS = 2000;
const TIMES = 30;
/** SQLSTATEs: a lock was not to be had in time; given up for others (deadlock). */
const HELD = ['55P03', '40P01'];

/**
 * Brings the schema up to date. Safe to start from many processes at once: an advisory lock lets one
 * of them work while the others wait and then find nothing to do. All that is new is one transaction.
 * @param folder where the migrations are
 * @throws when a table cannot be had for two minutes because a long transaction, such as a backup, holds it
 */
export async function migrateDatabase(
  url: string,
  folder = join(packageRoot(), 'drizzle'),
): Promise<void> {
  const client = openPostgres(url, 'tidings migration', { max: 1 });
  try {
    await client`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await client`select set_config('lock_timeout', ${String(LOCK_WAIT_MS)}, false)`;
    for (let nth = 1; ; nth += 1) {
      try {
        return await migrate(drizzle(client), { migrationsFolder: folder });
      } catch (error) {
        if (!HELD.includes(sqlState(error) ?? '')) throw error;
        if (nth === TIMES)
          throw new Error('another transaction, such as a backup, keeps a table locked');
        await setTimeout(LOCK_WAIT_MS);
      }
    }
  } finally {
    await client.end({ timeout: 5 });
  }
}

/**
 * Refuses to work on a schema that lacks migrations of this version: what needs them would fail, while the
 * process looks ready. A newer one is fine, as in a rolling restart; a database that is away is waited for.
 * @throws ConfigError
 */
export async function refuseOlderSchema(url: string): Promise<void> {
  const client = openPostgres(url, 'tidings migration', { max: 1 });
  const newest = readMigrationFiles({ migrationsFolder: join(packageRoot(), 'drizzle') }).at(-1);
  try {
    const [last] = await client<{ created_at: string | null }[]>`
      select max(created_at) as created_at from drizzle.__drizzle_migrations`;
    if (Number(last?.created_at) >= newest!.folderMillis) return;
  } catch (error) {
    const state = sqlState(error) ?? '';
    // A role that may not look cannot tell.
    if (isDatabaseDown(error) || state === '42501') return;
    // No such table, no such schema: nothing was ever migrated.
    if (!['42P01', '3F000'].includes(state)) throw error;
  } finally {
    await client.end({ timeout: 5 });
  }
  throw new ConfigError(
    'The database schema is older than this version: run dist/src/db/migrate.js, or set MIGRATE_ON_START=true',
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await migrateDatabase(databaseUrl());
  } catch (error) {
    process.stderr.write(`The schema was not brought up to date: ${reasonOf(error)}\n`);
    process.exit(1);
  }
}
