import { Redis } from 'ioredis';
import postgres from 'postgres';

/**
 * Removes the databases and keys that a figure has filled and writes what is left to the disk, so that the
 * next figure bears neither its vacuum nor its unwritten pages.
 * @param envs what `freshEnv` gave; nothing uses it any more
 */
export async function clearFilled(envs: Record<string, string>[]): Promise<void> {
  for (const { DATABASE_URL, REDIS_URL } of envs) {
    const url = new URL(DATABASE_URL!);
    const name = url.pathname.slice(1);
    url.pathname = '/postgres';
    const sql = postgres(url.href, { max: 1, onnotice: () => {} });
    await sql.unsafe(`drop database ${name} with (force)`);
    await sql`checkpoint`.finally(() => sql.end());
    const redis = new Redis(REDIS_URL!);
    await redis.flushall().finally(() => redis.disconnect());
  }
}
