import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { queueNames } from '../../src/queues/registry.ts';
import { startWorkers } from '../../src/workers/start-workers.ts';
import { freePort } from '../../stack/ports.ts';
import { emptyDatabase } from '../support/builtin-cms.ts';
import { type FaultySmtp, startFaultySmtp } from '../support/smtp-faults.ts';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { makeAllDue, miscounted, settled, unaccounted } from './settle.ts';

/** Deploys: worker processes come and go under load, and hand back what they cannot finish. */

const entryOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

interface Running {
  /** SIGTERM; the exit code, and how long it took in milliseconds. */
  terminate(): Promise<{ code: number | null; ms: number }>;
}

const children: ChildProcess[] = [];

const startWorker = (env: Record<string, string>) =>
  startProcess('src/workers/main.ts', 'workers started', { ...env, WORKER_HEALTH_PORT: '0' });

async function startProcess(
  path: string,
  started: string,
  env: Record<string, string>,
): Promise<Running> {
  const child = spawn(process.execPath, ['--import', 'tsx', entryOf(path)], {
    env: { ...process.env, ...env, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      output += text;
    });
  await until(`${path} says: ${started}`, () => output.includes(started));
  return {
    async terminate() {
      const began = Date.now();
      const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      return { code: await exit, ms: Date.now() - began };
    },
  };
}

let smtp: FaultySmtp;
let system: System;
let cmsDatabase: Awaited<ReturnType<typeof emptyDatabase>>;
beforeAll(async () => {
  cmsDatabase = await emptyDatabase();
  smtp = await startFaultySmtp();
  system = await startSystem({
    workers: false,
    env: { SMTP_PORT: String(smtp.port), SHUTDOWN_TIMEOUT_SECONDS: '5' },
  });
});
afterAll(async () => {
  await system?.stop();
  await cmsDatabase?.drop();
  await smtp?.close();
});
beforeEach(() => {
  smtp.messages.length = 0;
  smtp.commands.length = 0;
  smtp.script(undefined);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('SIGTERM while the mail server hangs', () => {
  it.each([
    { at: 'data', status: 'pending' },
    { at: 'dot', status: 'unknown' },
  ] as const)('at $at: ends within the deadline, and the mail is $status', async (given) => {
    const { sql } = system.deps.db;
    const ada = person();
    smtp.script(({ stage }) => (stage === given.at ? { at: given.at, hang: true } : undefined));
    const worker = await startWorker(system.env);
    await system.push(event(ada, documentId()));
    await system.applied();
    await system.makeDue(ada);
    await until('the server hangs', () =>
      smtp.commands.includes(given.at === 'dot' ? '.' : 'DATA'),
    );
    const { code, ms } = await worker.terminate();
    // One that its deadline ends leaves with 1; the time is for one that nothing ends.
    expect(code).toBe(0);
    expect(ms).toBeLessThan(30_000);
    const [mail] = await sql<{ send_status: string; lease_token: string | null }[]>`
      select send_status, lease_token from email_notification_log where recipient_email = ${ada}`;
    expect(mail).toEqual({ send_status: given.status, lease_token: null });
    await sql`
      update email_notification_log set send_status = 'suppressed', suppressed_reason = 'emails_disabled'
      where recipient_email = ${ada}`;
  });
});

/** Clients that ask again and again over connections they keep; what came of it, by name and count. */
function keepAsking(
  port: number,
  clients: number,
  ask: { method: string; path: string; key: string; body?: () => string },
) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const headers = { authorization: `Bearer ${ask.key}`, 'content-type': 'application/json' };
  const seen = new Map<string, number>();
  let refused = false;
  const once = () =>
    new Promise<void>((resolve) => {
      const count = (what = '') => {
        seen.set(what, (seen.get(what) ?? 0) + 1);
        resolve();
      };
      const { method, path } = ask;
      const asked = request({ port, agent, method, path, headers }, (answer) => {
        answer.resume().once('end', () => count(String(answer.statusCode)));
      });
      asked.once('error', (error: NodeJS.ErrnoException) => {
        // The system resets a connection the server has not taken yet when it stops listening.
        const untaken = error.code === 'ECONNRESET' && !asked.reusedSocket;
        refused = untaken || error.code === 'ECONNREFUSED';
        count(refused ? 'refused' : error.code);
      });
      asked.end(ask.body?.());
    });
  const client = async () => {
    while (!refused) await once();
  };
  const done = Promise.all(Array.from({ length: clients }, client));
  return { seen, done };
}

describe('SIGTERM under clients that keep their connections', () => {
  it.each([
    ['src/api/server.ts', 'api started', 'PORT', 'POST', '/api/file-events', '202'],
    ['bull-board.ts', 'bull board started', 'BULL_BOARD_PORT', 'GET', '/api/queues', '200'],
    ['cms/builtin/server.ts', 'cms: ready', 'CMS_PORT', 'GET', '/api/health', '200'],
  ])(
    'ends %s within the deadline, and no request fails',
    async (path, started, variable, ...ask) => {
      const port = await freePort();
      const server = await startProcess(path, started, {
        ...system.env,
        CMS_DATABASE_URL: cmsDatabase.url,
        [variable]: String(port),
        SHUTDOWN_TIMEOUT_SECONDS: '15',
      });
      const ada = person();
      const [method = '', route = '', good = ''] = ask;
      const body = () => JSON.stringify(event(ada, documentId()));
      const key = system.deps.config.ADMIN_API_KEY[0]!;
      const asking = keepAsking(port, 4, {
        ...{ method, path: route, key },
        ...(method === 'POST' && { body }),
      });
      // One that never says anything.
      const silent = connect(port, '127.0.0.1').on('error', () => {});
      await until('requests are answered', () => (asking.seen.get(good) ?? 0) > 100);
      const { code, ms } = await server.terminate();
      await asking.done;
      silent.destroy();
      // Long before work would be handed back.
      expect([code, ms < 10_000]).toEqual([0, true]);
      expect([...asking.seen.keys()].sort()).toEqual([good, 'refused']);
    },
  );
});

it('a rolling restart under load, with migrations run meanwhile, loses and repeats nothing', async () => {
  const people = Array.from({ length: 40 }, () => person());
  const first = await startWorker(system.env);
  let pushed = 0;
  let stop = false;
  const load = (async () => {
    for (; !stop || pushed < people.length * 3; pushed += 1)
      await system.push(event(people[pushed % people.length]!, documentId()));
  })();
  const second = await startWorker(system.env);
  await Promise.all([first.terminate(), migrateDatabase(system.env.DATABASE_URL!)]);
  const third = await startWorker(system.env);
  await second.terminate();
  stop = true;
  await load;
  await system.applied();
  await makeAllDue(system.deps.db.sql);
  await settled(system);
  await third.terminate();
  const [books] = await system.deps.db.sql<{ closed: number; events: number }[]>`
    select count(*) filter (where status <> 'processing' and total_files > 0) as closed,
      sum(event_count) filter (where user_email = any(${people}::text[]))::int as events
    from batch_processing_sessions where user_email = any(${people}::text[])`;
  expect(books?.events).toBe(pushed);
  const mails = smtp.messages.filter(({ to }) => people.includes(to[0]!));
  const ids = mails.map((mail) => mail.messageId);
  expect(ids.filter((id, nth) => ids.indexOf(id) !== nth)).toEqual([]);
  expect(ids).toHaveLength(books!.closed);
  expect(await miscounted(system.deps.db.sql)).toEqual([]);
  expect(await unaccounted(system)).toBe(0);
});

it('a worker ignores a payload field of the next release', async () => {
  const { deps } = system;
  const workers = startWorkers(deps, queueNames);
  try {
    const ada = person();
    await system.push(event(ada, documentId()));
    await system.applied();
    await system.makeDue(ada);
    const [batch] = await deps.db.sql<{ batch_id: string }[]>`
      select batch_id from batch_processing_sessions where user_email = ${ada}`;
    await deps.producer.queue('batch-close').add('batch-close', { ...batch, region: 'eu' });
    await until('the mail has arrived', () => smtp.messages.some(({ to }) => to.includes(ada)));
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
});
