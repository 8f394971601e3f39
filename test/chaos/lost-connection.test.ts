import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { loadKeys } from '../../stack/keys.ts';
import { startPostgres } from '../../stack/parts/postgres.ts';
import { claimDataDir } from '../../stack/processes/data-dir.ts';
import { createGroup, type Group } from '../../stack/processes/group.ts';
import { until } from '../support/until.ts';
import { type Restartable, startRestartable } from './restartable.ts';

/** The database goes away in the middle of a transaction; the process must not go with it. */

let group: Group;
let release: () => Promise<void>;
let server: Restartable;
let database: Database;
beforeAll(async () => {
  const claimed = await claimDataDir(undefined, true, () => undefined);
  release = claimed.release;
  group = createGroup(claimed.dataDir);
  server = await startRestartable(
    {
      dataDir: claimed.dataDir,
      env: {},
      keys: await loadKeys(claimed.dataDir),
      usualPorts: false,
      log: () => undefined,
      run: group.run,
    },
    startPostgres,
  );
  database = openDatabase(server.env.DATABASE_URL!, 2);
}, 60_000);
afterAll(async () => {
  await database.close();
  await group.stop();
  await server.proxy.refuse();
  await release();
});

const disturbances: Record<string, () => Promise<void>> = {
  'its connections are dropped': async () => server.proxy.cut(),
  'an administrator ends its sessions': async () => {
    const admin = openDatabase(server.env.DATABASE_URL!, 1);
    await admin.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where pid <> pg_backend_pid() and usename is not null`;
    await admin.close();
  },
  'it crashes and comes back': () => server.restart('SIGQUIT'),
};

describe.each(Object.entries(disturbances))('when %s', (_, disturb) => {
  it('a transaction is rejected and the next one works', async () => {
    let disturbed: Promise<void> | undefined;
    const lost = database.sql.begin(async (tx) => {
      for (let nth = 0; ; nth += 1) {
        await tx`select 1`;
        if (nth === 50) disturbed = disturb();
      }
    });
    // An uncaught exception fails the run, which is the point of it.
    await expect(lost).rejects.toThrow();
    await disturbed;
    // Idle connections may still have to learn that they are gone.
    const answer = await until('a transaction works again', () =>
      database.sql.begin((tx) => tx`select 1 as one`).catch(() => null),
    );
    expect(answer).toEqual([{ one: 1 }]);
  });

  it('a lock of a session can be given back', async () => {
    const { session } = database;
    await session`select pg_try_advisory_lock(7)`;
    await disturb();
    await session`select pg_advisory_unlock(7)`.catch(() => undefined);
    // What the server said last may only be read with the next question.
    const taken = await until('the lock can be taken again', () =>
      session`select pg_try_advisory_lock(7) as taken`.catch(() => null),
    );
    expect(taken).toEqual([{ taken: true }]);
    await session`select pg_advisory_unlock(7)`;
  });
});
