import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { reasonOf } from '../errors.ts';
import { packageRoot } from '../package-root.ts';
import { openPostgres } from '../postgres-client.ts';

/** Any constant will do; it only has to be the same in every process. */
const MIGRATION_LOCK = 7_301_947_223;

/**
 * Brings the schema up to date. Safe to start from many processes at once: an advisory lock lets one
 * of them work while the others wait and then find nothing to do.
 */
export async function migrateDatabase(url: string): Promise<void> {
  const client = openPostgres(url, 'tidings migration', { max: 1 });
  try {
    await client`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await migrate(drizzle(client), { migrationsFolder: join(packageRoot(), 'drizzle') });
  } finally {
    await client.end({ timeout: 5 });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { databaseUrl } = await import('../config.ts');
  try {
    await migrateDatabase(databaseUrl());
  } catch (error) {
    process.stderr.write(`The schema was not brought up to date: ${reasonOf(error)}\n`);
    process.exit(1);
  }
}
