import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/db/client.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { type App, startApp } from '../../stack/app.ts';
import { freePort } from '../../stack/ports.ts';
import { emptyDatabase } from '../support/builtin-cms.ts';
import { runEntry } from '../support/command.ts';
import { stackEnv } from '../support/stack-env.ts';
import { documentId } from '../support/system.ts';
import { until } from '../support/until.ts';

/** The processes as somebody who deploys them meets them: their variables and their exit codes. */

describe('bringing the schema up to date', () => {
  it('needs the database only, and may be done again', async () => {
    const { url } = await emptyDatabase();
    for (const _ of [1, 2])
      expect(await runEntry('src/db/migrate.ts', { DATABASE_URL: url })).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      });
  });

  it.each([
    ['is not named', {}, 'DATABASE_URL is not set'],
    ['has no address', { DATABASE_URL: '"postgres://u:secret@h/x"' }, 'DATABASE_URL must be'],
    ['is away', { DATABASE_URL: 'postgres://u:secret@127.0.0.1:1/x' }, 'ECONNREFUSED 127.0.0.1:1'],
  ])('says in one line that the database %s', async (_what, env: Record<string, string>, says) => {
    const { code, stderr } = await runEntry('src/db/migrate.ts', env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The schema was not brought up to date: [^\n]*\n$/);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain('secret');
  });
});

/** A folder with one migration, newer than all there are. */
async function migrationFolder(statement: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tidings-migration-'));
  const entry = { idx: 0, version: '7', when: Date.now(), tag: 'later', breakpoints: true };
  const journal = { version: '7', dialect: 'postgresql', entries: [entry] };
  await mkdir(join(folder, 'meta'));
  await writeFile(join(folder, 'meta', '_journal.json'), JSON.stringify(journal));
  await writeFile(join(folder, 'later.sql'), statement);
  return folder;
}

it('a migration that waits for a table lets others have it meanwhile', async () => {
  const database = await emptyDatabase();
  await migrateDatabase(database.url);
  const { sql, close } = openDatabase(database.url);
  const folder = await migrationFolder('alter table opt_outs add column later text');
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  try {
    // As a backup does.
    const backup = sql.begin(async (tx) => {
      await tx`lock table opt_outs in access share mode`;
      await released;
    });
    const migrating = migrateDatabase(database.url, folder);
    await until('the migration waits for the table', async () => {
      const [row] = await sql<{ waits: boolean }[]>`
        select count(*) > 0 as waits from pg_locks
        where relation = 'opt_outs'::regclass and not granted`;
      return row?.waits;
    });
    expect(await sql`select from opt_outs`).toHaveLength(0);
    release();
    await Promise.all([backup, migrating]);
    await sql`select later from opt_outs`;
  } finally {
    release();
    await close();
    await database.drop();
    await rm(folder, { recursive: true });
  }
});

it.each(['src/api/server.ts', 'src/workers/main.ts', 'src/tidings.ts'])(
  '%s does not work on a schema older than itself',
  async (entry) => {
    const database = await emptyDatabase();
    const env = { ...stackEnv(), DATABASE_URL: database.url, MIGRATE_ON_START: 'false' };
    const args = entry === 'src/tidings.ts' ? ['audit-stores'] : [];
    const refusal = {
      code: 1,
      stderr: expect.stringContaining('schema is older than this version'),
    };
    expect(await runEntry(entry, env, args)).toMatchObject(refusal);
    await migrateDatabase(database.url);
    const { sql, close } = openDatabase(database.url);
    await sql`
      delete from drizzle.__drizzle_migrations
      where created_at = (select max(created_at) from drizzle.__drizzle_migrations)`;
    await close();
    expect(await runEntry(entry, env, args)).toMatchObject(refusal);
    await database.drop();
  },
);

describe('with LISTEN_HOST', () => {
  let app: App;
  let workerHealth: string;
  beforeAll(async () => {
    const port = await freePort();
    workerHealth = `http://127.0.0.1:${port}`;
    app = await startApp({
      ...stackEnv(),
      LISTEN_HOST: '127.0.0.1',
      DATABASE_URL: (await emptyDatabase()).url,
      QUEUE_PREFIX: documentId('processes'),
      PORT: String(await freePort()),
      BULL_BOARD_PORT: String(await freePort()),
      WORKER_HEALTH_PORT: String(port),
    });
  });
  afterAll(() => app?.stop());

  it('API, dashboard and workers listen there and nowhere else', async () => {
    for (const url of [app.urls.api, app.urls.board, workerHealth]) {
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
      const elsewhere = url.replace('127.0.0.1', '127.0.0.2');
      await expect(fetch(`${elsewhere}/health/live`)).rejects.toThrow('fetch failed');
    }
  });
});
