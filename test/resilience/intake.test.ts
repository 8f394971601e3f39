import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/client.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { openDeps } from '../../src/deps.ts';
import { cuttable, emptyDatabase } from '../support/builtin-cms.ts';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { type PrivateRedis, privateRedis } from './private-redis.ts';
import { unaccounted } from './settle.ts';

/** Promise 1: 202 means durable, whatever dies around the answer; anything else accepted nothing. */

let redis: PrivateRedis;
let system: System;
let database: Awaited<ReturnType<typeof emptyDatabase>>;
let way: Awaited<ReturnType<typeof cuttable>>;
let producerKey: string;
beforeAll(async () => {
  redis = await privateRedis();
  database = await emptyDatabase();
  await migrateDatabase(database.url);
  way = await cuttable(database.url);
  system = await startSystem({ env: { REDIS_URL: redis.url, DATABASE_URL: way.url } });
  producerKey = system.deps.config.INGESTION_SERVICE_API_KEY[0]!;
});
afterAll(async () => {
  await system?.stop();
  await redis?.stop();
  await way?.cut();
  await database?.drop();
});

/** Accepted once, applied, mailed once. */
async function arrivesOnce(ada: string): Promise<void> {
  await system.applied();
  const rows = await system.deps.db.sql`select from file_events where user_email = ${ada}`;
  expect(rows).toHaveLength(1);
  await system.makeDue(ada);
  await system.mails(ada);
  expect(await system.inbox(ada)).toHaveLength(1);
  expect(await unaccounted(system)).toBe(0);
}

const post = (url: string, body: object) =>
  fetch(`${url}/api/file-events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${producerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('a process killed between the commit and the queue', () => {
  let api: ChildProcess;
  let url: string;
  beforeAll(async () => {
    const entry = fileURLToPath(new URL('crashing-api.ts', import.meta.url));
    api = spawn(process.execPath, ['--import', 'tsx', entry], {
      env: { ...process.env, ...system.env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [port] = await once(api.stdout!, 'data');
    url = `http://127.0.0.1:${String(port).trim()}`;
  });
  afterAll(() => api?.kill('SIGKILL'));

  it('has lost nothing, and a client that tries again changes nothing', async () => {
    const ada = person();
    const sent = event(ada, documentId(), { event_id: documentId('event') });
    await expect(post(url, sent)).rejects.toThrow();
    await until('the process is dead', () => api.signalCode === 'SIGKILL');
    const again = await post(system.url, sent);
    expect(again.status).toBe(202);
    expect(await again.json()).toMatchObject({ data: { accepted: 0, duplicates: 1 } });
    await arrivesOnce(ada);
  });
});

describe('Redis', () => {
  it('may be away for the whole request', async () => {
    const ada = person();
    await redis.kill();
    await until('the loss is noticed', () => system.deps.redis.status !== 'ready');
    const began = Date.now();
    await system.push(event(ada, documentId()));
    // Redis is not waited for, which is away until the answer is there; the time is for slow machines.
    expect(Date.now() - began).toBeLessThan(20_000);
    await redis.start();
    await arrivesOnce(ada);
  });

  it('may be away when an operator asks; what is left to the sweep is counted', async () => {
    const ada = person();
    await until('Redis is back', () => system.deps.redis.status === 'ready');
    await system.push(event(ada, documentId()));
    await system.applied();
    const [batch] = (await system.call('GET', `/api/batches?user_email=${ada}`)).body.data;
    const left = async () => {
      const { values } = await system.deps.metrics.enqueueFailures.get();
      return values.find(({ labels }) => labels.queue === 'batch-close')?.value ?? 0;
    };
    const before = await left();
    await redis.kill();
    await until('the loss is noticed', () => system.deps.redis.status !== 'ready');
    const asked = await system.call('POST', `/api/batches/${batch.batch_id}/close`);
    expect(asked.status).toBe(202);
    expect(await left()).toBe(before + 1);
    await redis.start();
    await system.mails(ada);
  });

  it('may be away when the process starts', async () => {
    await redis.kill();
    const deps = openDeps(loadConfig(system.env), 'late');
    await deps.producer.raise('corrections', [{ payload: { correction_id: 1 } }]);
    await deps.close();
    await redis.start();
  });

  it('may be at its memory limit', async () => {
    const ada = person();
    await until('Redis is back', () => system.deps.redis.status === 'ready');
    await redis.command('config', 'set', 'maxmemory', '1');
    await system.push(event(ada, documentId()));
    await expect(
      system.deps.producer.ensure('corrections', [{ payload: { correction_id: 1 } }]),
    ).rejects.toThrow(/OOM/);
    await until('/health says so', async () => {
      const { body } = await system.call('GET', '/health');
      return body.status === 'degraded' && body.redis === 'unhealthy';
    });
    await redis.command('config', 'set', 'maxmemory', '0');
    await arrivesOnce(ada);
  });
});

describe('Postgres away', () => {
  it('is a 503 with Retry-After that accepted nothing', async () => {
    const ada = person();
    const sent = event(ada, documentId(), { event_id: documentId('event') });
    await way.cut();
    const refused = await post(system.url, sent);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    await way.mend();
    const again = await until('Postgres is back', async () => {
      const reply = await post(system.url, sent);
      return reply.status === 202 && reply;
    });
    expect(await again.json()).toMatchObject({ data: { accepted: 1 } });
    await arrivesOnce(ada);
  });
});

describe('Postgres read-only, as a replica is', () => {
  /** Sessions that begin from now on. */
  async function takesWrites(allowed: boolean): Promise<void> {
    const name = new URL(database.url).pathname.slice(1);
    const server = new URL(database.url);
    server.pathname = '/postgres';
    const { sql, close } = openDatabase(server.href);
    await sql`alter database ${sql(name)} set default_transaction_read_only = ${sql.unsafe(allowed ? 'off' : 'on')}`;
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
    await close();
  }

  it('is a 503 with Retry-After, and the process is not ready', async () => {
    const ada = person();
    const sent = event(ada, documentId(), { event_id: documentId('event') });
    await takesWrites(false);
    // The sessions that were ended answer 503 as well.
    await until('the sessions are new', async () => {
      const [row] = await system.deps.db.sql<{ refuses: boolean }[]>`
        select current_setting('transaction_read_only')::boolean as refuses`.catch(() => []);
      return row?.refuses;
    });
    const refused = await post(system.url, sent);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await system.call('GET', '/health/ready')).status).toBe(503);
    await takesWrites(true);
    await until('Postgres takes writes', async () => {
      const ready = await system.call('GET', '/health/ready');
      return ready.status === 200 && (await post(system.url, sent)).status === 202;
    });
    await arrivesOnce(ada);
  });
});
