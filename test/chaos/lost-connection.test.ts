import { setTimeout as pause } from 'node:timers/promises';
import { drizzle } from 'drizzle-orm/postgres-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { openPostgres } from '../../src/postgres-client.ts';
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

/** How often the connections are dropped under load, this many milliseconds apart. */
const CUTS = 30;
const BETWEEN_CUTS_MS = 40;

it('a pool whose connections were dropped again and again answers at once afterwards', async () => {
  const client = openPostgres(server.env.DATABASE_URL!, 'pool', { max: 10 });
  const orm = drizzle(client);
  let stop = false;
  const load = async (work: () => Promise<unknown>) => {
    while (!stop) await work().catch(() => pause(1));
  };
  const questions = [
    () => client`select ${'x'}::text`,
    () => client.begin((tx) => tx`select pg_sleep(0.002)`),
    () => orm.transaction((tx) => tx.execute('select pg_sleep(0.002)')),
  ];
  const loads = [...questions, ...questions, ...questions, ...questions].map(load);
  for (let nth = 0; nth < CUTS; nth += 1) {
    await pause(BETWEEN_CUTS_MS);
    server.proxy.cut();
  }
  stop = true;
  // Well below the time-out after which an attempt to connect is given up.
  await within(5000, Promise.all(loads));
  const answers = Array.from({ length: 20 }, () => client`select pg_sleep(0.05)`);
  await within(5000, Promise.all(answers));
  await client.end();
});

it('a question that was about to leave when its connection closed spoils no later one', async () => {
  const client = openPostgres(server.env.DATABASE_URL!, 'last words', { max: 1 });
  const last = client`select pg_terminate_backend(pg_backend_pid())`;
  // Asked between the server's last word and the end of the connection.
  await last.catch(() => client`select 1`).catch(() => undefined);
  // The next one may still be told of the old connection's end.
  const answer = until('it answers', () => client`select 1 as one`.catch(() => null));
  expect(await within(5000, answer)).toEqual([{ one: 1 }]);
  await client.end();
});

it('what a lost transaction does afterwards happens nowhere', async () => {
  const client = openPostgres(server.env.DATABASE_URL!, 'lost', { max: 1 });
  await client`create table if not exists ledger (entry text)`;
  let reconnected = () => {};
  const elsewhere = new Promise<void>((resolve) => {
    reconnected = resolve;
  });
  const lost = client.begin(async (tx) => {
    await tx`insert into ledger values ('before')`;
    server.proxy.cut();
    await elsewhere;
    await tx`insert into ledger values ('after')`;
  });
  await expect(lost).rejects.toThrow();
  // The next transaction stands in the place of the lost one.
  await until('the pool is back', () => client`select 1`.catch(() => null));
  await client.begin(async (tx) => {
    await tx`insert into ledger values ('another')`;
    reconnected();
    await pause(20);
  });
  expect(await client`select entry from ledger`).toEqual([{ entry: 'another' }]);
  await client.end();
});

it('a transaction whose statement the database refuses is rolled back and rejected', async () => {
  const client = openPostgres(server.env.DATABASE_URL!, 'refused', { max: 1 });
  const orm = drizzle(client);
  await expect(orm.transaction((tx) => tx.execute('select 1/0'))).rejects.toThrow();
  // A value the driver itself cannot send.
  const unsendable = client.begin((tx) => tx`select ${undefined as unknown as string}`);
  await expect(unsendable).rejects.toThrow('UNDEFINED_VALUE');
  expect(await client`select 1 as one`).toEqual([{ one: 1 }]);
  await client.end();
});

/** Rejects when the work takes longer than that many milliseconds. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const late = pause(limitMs, undefined, { signal: ended.signal }).then(() => {
    throw new Error(`not done within ${limitMs} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    ended.abort();
    late.catch(() => undefined);
  }
}
