import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import postgres from 'postgres';
import { createCms } from '../../cms/builtin/cms.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { freePort } from '../../stack/ports.ts';
import { type CmsGate, cmsGate } from '../../test/support/cms-gate.ts';
import type { Person } from './workload.ts';

/** The real parts of one run: databases of its own and a built-in CMS behind a gate. */
export interface Parts {
  config: Config;
  gate: CmsGate;
  /** People's rows, as the CMS takes them. */
  createRows(people: Person[]): Promise<void>;
  change(person: Person, settings: object): Promise<void>;
  /** Webhooks the CMS has still to deliver. */
  undelivered(): Promise<number>;
  stop(): Promise<void>;
}

const TOKEN = 'bench-token';
const PREFERENCES = '/api/user-notification-preferences';

/** @param env of a running stack; @param webhooks whether the CMS tells of changes */
export async function startParts(env: Record<string, string>, webhooks: boolean): Promise<Parts> {
  const [database, cmsDatabase] = [await newDatabase(env), await newDatabase(env)];
  await migrateDatabase(database.url);
  const port = await freePort();
  const gate = await cmsGate();
  const config = loadConfig({
    ...env,
    DATABASE_URL: database.url,
    PORT: String(port),
    CMS_API_URL: gate.url,
    CMS_API_TOKEN: TOKEN,
    CHROMA_URL: 'http://127.0.0.1:1',
    S3_BUCKET: 'none',
    QUEUE_PREFIX: `bench-${randomBytes(4).toString('hex')}`,
    LOG_LEVEL: 'silent',
    SWEEP_INTERVAL_SECONDS: '0.1',
    RATE_LIMIT_MAX: '0',
  });
  const [apiKey] = config.INGESTION_SERVICE_API_KEY as [string];
  const cms = await createCms(
    {
      host: '127.0.0.1',
      port: 0,
      databaseUrl: cmsDatabase.url,
      apiTokens: [TOKEN],
      rateLimitMax: 0,
      logLevel: 'silent',
      ...(webhooks && {
        webhook: {
          baseUrl: `http://127.0.0.1:${port}`,
          apiKey,
          secret: config.WEBHOOK_SECRET,
        },
      }),
    },
    pino({ level: 'silent' }),
  );
  const cmsPort = await freePort();
  const server = cms.app.listen(cmsPort, '127.0.0.1');
  const url = `http://127.0.0.1:${cmsPort}`;
  gate.leadTo(url);
  const sql = postgres(cmsDatabase.url, { max: 1, onnotice: () => {} });
  const ids = new Map<string, number>();

  async function write(method: 'POST' | 'PUT', path: string, data: object): Promise<number> {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ data }),
    });
    const { data: row } = (await response.json()) as { data?: { id: number } };
    if (!row) throw new Error(`the CMS answered ${response.status} to ${method} ${path}`);
    return row.id;
  }

  return {
    config,
    gate,
    async createRows(people) {
      for (const { company_id, bot_id, user_email, own } of people) {
        if (!own) continue;
        const data = { company: company_id, bot: bot_id, user_email, ...own };
        ids.set(user_email, await write('POST', PREFERENCES, data));
      }
    },
    change: async ({ user_email }, settings) => {
      await write('PUT', `${PREFERENCES}/${ids.get(user_email)}`, settings);
    },
    async undelivered() {
      const [row] = await sql<{ due: number }[]>`
        select count(*)::int as due from webhook_outbox where delivered_at is null`;
      return row?.due ?? 0;
    },
    async stop() {
      await sql.end();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await cms.close();
      await gate.close();
      await database.drop();
      await cmsDatabase.drop();
    },
  };
}

async function newDatabase(env: Record<string, string>) {
  const admin = async (statement: string) => {
    const sql = postgres(env.DATABASE_URL!, { max: 1, onnotice: () => {} });
    await sql.unsafe(statement).finally(() => sql.end());
  };
  const name = `bench_${randomBytes(6).toString('hex')}`;
  await admin(`create database ${name}`);
  const url = new URL(env.DATABASE_URL!);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => admin(`drop database ${name} with (force)`) };
}
