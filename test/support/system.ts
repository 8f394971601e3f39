import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from '../../src/api/app.ts';
import { loadConfig } from '../../src/config.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { type Deps, openDeps } from '../../src/deps.ts';
import { subscribeInvalidations } from '../../src/queues/invalidation.ts';
import { type QueueName, queueNames } from '../../src/queues/registry.ts';
import { startWorkers } from '../../src/workers/start-workers.ts';
import { startSweeping } from '../../src/workers/sweep.ts';
import { emptyDatabase, type RunningCms, runCms, TOKEN } from './builtin-cms.ts';
import { stackEnv } from './stack-env.ts';
import { until } from './until.ts';

/**
 * Tidings as a flow sees it: a producer's key, an operator's key, an inbox, the stores and the
 * database. Runs in this process, on a database, a CMS and a queue prefix of its own.
 */

export interface Reply {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the contract says
  body: any;
}

export interface InboxMessage {
  id: string;
  to: string[];
  subject: string;
  message_id: string;
  text: string;
  html: string | null;
  headers: Record<string, string>;
}

export interface System {
  deps: Deps;
  cms: RunningCms;
  env: Record<string, string>;
  url: string;
  call(method: string, path: string, body?: unknown, key?: string): Promise<Reply>;
  /** Pushes events as a producer and expects them to be accepted. */
  push(...events: object[]): Promise<Reply>;
  inbox(to: string): Promise<InboxMessage[]>;
  /** Waits until no accepted event is unapplied. */
  applied(): Promise<void>;
  /** Waits for that many mails to one address. */
  mails(to: string, count?: number): Promise<InboxMessage[]>;
  /** Moves the clock: an open batch of the person is due now. */
  makeDue(email: string): Promise<void>;
  stop(): Promise<void>;
}

export interface SystemOptions {
  env?: Record<string, string>;
  queues?: QueueName[];
  /** Start no workers: the test runs them itself. */
  workers?: boolean;
  /** The CMS tells of changed preferences by itself. */
  webhooks?: boolean;
  /** Another CMS than the built-in one; `env` says how Tidings reaches it. It is not stopped. */
  cms?: RunningCms;
  /** Where the API listens; any free port unless told otherwise. */
  port?: number;
}

export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const [database, cmsDatabase] = [await emptyDatabase(), await emptyDatabase()];
  const base = stackEnv();
  await migrateDatabase(database.url);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { INGESTION_SERVICE_API_KEY, WEBHOOK_SECRET } = { ...base, ...options.env };
  const webhook = { baseUrl: url, apiKey: INGESTION_SERVICE_API_KEY!, secret: WEBHOOK_SECRET };
  const own = options.cms
    ? null
    : await runCms(cmsDatabase.url, options.webhooks ? { webhook } : {});
  const cms = options.cms ?? own!;
  const env: Record<string, string> = {
    ...base,
    DATABASE_URL: database.url,
    CMS_API_URL: cms.url,
    CMS_API_TOKEN: TOKEN,
    QUEUE_PREFIX: `t${randomBytes(5).toString('hex')}`,
    LOG_LEVEL: 'silent',
    SWEEP_INTERVAL_SECONDS: '0.5',
    AUTO_CORRECTION_DELAY_SECONDS: '0',
    CORRECTION_RETRY_BASE_SECONDS: '0.1',
    EMAIL_RETRY_BASE_SECONDS: '0.1',
    EMAIL_RETRY_MAX_SECONDS: '0.5',
    RATE_LIMIT_MAX: '0',
    // Tests fail more files than anybody's ingester; those about the brake turn it on.
    CORRECTION_BRAKE_MAX_TASKS: '0',
    CORRECTION_BRAKE_PERCENT: '0',
    CORRECTION_BRAKE_MAX_TASKS_TOTAL: '0',
    ...options.env,
  };
  const config = loadConfig(env);
  const deps = openDeps(config, 'test');
  await subscribeInvalidations(deps.workerRedis(), config.QUEUE_PREFIX, deps.preferences.forget);
  const working = options.workers !== false;
  const workers = working ? startWorkers(deps, options.queues ?? queueNames) : [];
  const sweeping = working ? startSweeping(deps) : undefined;
  server.on('request', createApp(deps));

  const call: System['call'] = async (method, path, body, key = config.ADMIN_API_KEY[0]) => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: json && text ? JSON.parse(text) : text,
    };
  };
  const inbox: System['inbox'] = async (to) => {
    const response = await fetch(`${env.INBOX_URL}/api/messages?to=${encodeURIComponent(to)}`);
    return ((await response.json()) as { data: InboxMessage[] }).data;
  };

  return {
    deps,
    cms,
    env,
    url,
    call,
    inbox,
    async push(...events) {
      const reply = await call(
        'POST',
        '/api/file-events',
        { events },
        config.INGESTION_SERVICE_API_KEY[0],
      );
      if (reply.status !== 202) throw new Error(`not accepted: ${JSON.stringify(reply.body)}`);
      return reply;
    },
    applied: async () => {
      await until('every accepted event is applied', async () => {
        const [row] = await deps.db.sql<{ open: number }[]>`
          select count(*) as open from file_events
          where applied_at is null and dead_lettered_at is null`;
        return row?.open === 0;
      });
    },
    mails: (to, count = 1) =>
      until(`${count} mail(s) to ${to}`, async () => {
        const found = await inbox(to);
        return found.length >= count && found;
      }),
    makeDue: async (email) => {
      await deps.db.sql`
        update batch_processing_sessions set due_at = now() - interval '1 second'
        where user_email = ${email} and status = 'processing'`;
    },
    stop: async () => {
      await sweeping?.stop();
      await Promise.all(workers.map((worker) => worker.close()));
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await deps.close();
      await own?.close();
      await Promise.all([database.drop(), cmsDatabase.drop()]);
    },
  };
}

/** A person nobody else in the run is. */
export const person = (name = 'ada') => `${name}-${randomUUID().slice(0, 8)}@example.com`;

/** An event with what every event needs; `more` overrides it. */
export function event(user_email: string, document: string, more: object = {}): object {
  return {
    action: 'create',
    file_document_id: document,
    file_name: `${document}.pdf`,
    company_id: 1,
    bot_id: 1,
    user_email,
    processing_stage: 'completed',
    status: 'success',
    ...more,
  };
}

/** The same for a failure of the category. */
export function failure(user_email: string, document: string, more: object = {}): object {
  return event(user_email, document, {
    processing_stage: 'failed',
    status: 'failed',
    error: { category: 'processing_error', message: 'the parser gave up' },
    ...more,
  });
}

/** A document id nobody else in the run uses. */
export const documentId = (name = 'doc') => `${name}-${randomUUID().slice(0, 8)}`;
