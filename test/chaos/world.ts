import type { Sql } from '../../src/db/client.ts';
import { valueTypes } from '../../src/db/value-types.ts';
import { openPostgres } from '../../src/postgres-client.ts';
import { freePort } from '../../stack/ports.ts';
import { claimDataDir } from '../../stack/processes/data-dir.ts';
import { createGroup } from '../../stack/processes/group.ts';
import { type FaultySmtp, startFaultySmtp } from '../support/smtp-faults.ts';
import { until } from '../support/until.ts';
import { type HttpProxy, startHttpProxy } from './http-proxy.ts';
import { type KeptProcess, keepRunning } from './kept-processes.ts';
import { type Leftovers, openLeftovers } from './leftovers.ts';
import { type Parts, startParts } from './parts.ts';

/** The whole system as real processes, each within reach of a fault. */
export interface World extends Pick<Parts, 'postgres' | 'redis'> {
  smtp: FaultySmtp;
  /** What Tidings sees of these three; the test itself goes past the proxies. */
  cms: HttpProxy;
  s3: HttpProxy;
  chroma: HttpProxy;
  api: KeptProcess;
  workers: KeptProcess[];
  apiUrl: string;
  keys: { producer: string; admin: string };
  sql: Sql;
  leftovers: Leftovers;
  /** Folder with one log for each life of each process. */
  logs: string;
  stop(): Promise<void>;
}

/** A worker that knows only some queues stands beside two that know all. */
const WORKERS: string[][] = [[], [], ['--queues=corrections,email-render,email-send']];
export const WORKER_COUNT = WORKERS.length;

/** Small, so that what waits for a time-out in production waits for seconds here. */
export const SMTP_TIMEOUT_SECONDS = 2;
const SETTINGS = {
  SWEEP_INTERVAL_SECONDS: '1',
  SMTP_TIMEOUT_SECONDS: String(SMTP_TIMEOUT_SECONDS),
  SMTP_SECURE: 'none',
  STORE_TIMEOUT_SECONDS: '1',
  CMS_TIMEOUT_MS: '300',
  EMAIL_RETRY_BASE_SECONDS: '0.2',
  EMAIL_RETRY_MAX_SECONDS: '2',
  EMAIL_MAX_ATTEMPTS: '1000',
  EMAIL_UNKNOWN_POLICY: 'hold',
  MAX_CORRECTION_ATTEMPTS: '1000',
  AUTO_CORRECTION_DELAY_SECONDS: '0.5',
  CORRECTION_RETRY_BASE_SECONDS: '0.2',
  RATE_LIMIT_MAX: '0',
  // Files fail in a burst here by design.
  CORRECTION_BRAKE_MAX_TASKS: '0',
  CORRECTION_BRAKE_PERCENT: '0',
  CORRECTION_BRAKE_MAX_TASKS_TOTAL: '0',
  DATABASE_POOL_SIZE: '6',
  SHUTDOWN_TIMEOUT_SECONDS: '5',
  LOG_LEVEL: 'info',
  FROM_EMAIL: 'Tidings <tidings@chaos.example>',
  OPERATOR_EMAIL: 'operator@chaos.example',
};

/** Starts everything on free ports and waits until it is ready. */
export async function startWorld(log: (line: string) => void): Promise<World> {
  const { dataDir, release } = await claimDataDir(undefined, true, log);
  const group = createGroup(dataDir);
  const kept: KeptProcess[] = [];
  const closing: (() => unknown)[] = [];
  const stop = async () => {
    for (const one of kept) one.release();
    await Promise.allSettled(closing.map((close) => close()));
    await group.stop(['cms']);
    await release();
  };
  try {
    return await assemble();
  } catch (error) {
    await stop();
    throw error;
  }

  async function assemble(): Promise<World> {
    const { env, keys, ...servers } = await startParts(group, dataDir, log);
    const smtp = await startFaultySmtp();
    const cms = await startHttpProxy(env.CMS_API_URL!);
    const s3 = await startHttpProxy(env.S3_ENDPOINT!);
    const chroma = await startHttpProxy(env.CHROMA_URL!);
    closing.push(smtp.close, cms.refuse, s3.refuse, chroma.refuse);
    const tidings = {
      ...env,
      ...SETTINGS,
      SMTP_SERVER: '127.0.0.1',
      SMTP_PORT: String(smtp.port),
      CMS_API_URL: cms.url,
      S3_ENDPOINT: s3.url,
      CHROMA_URL: chroma.url,
    };
    const keep = (name: string, entry: string, args: string[], own: object, port: string) => {
      const healthUrl = `http://127.0.0.1:${port}/health/ready`;
      const process = keepRunning(group, {
        name,
        entry,
        args,
        env: { ...tidings, ...own },
        healthUrl,
      });
      kept.push(process);
      return process;
    };
    const api = keep('api', '../../src/api/server.ts', [], {}, env.PORT!);
    const workers: KeptProcess[] = [];
    for (const [nth, args] of WORKERS.entries()) {
      const port = String(await freePort());
      const own = { WORKER_HEALTH_PORT: port };
      workers.push(keep(`worker-${nth + 1}`, '../../src/workers/main.ts', args, own, port));
    }
    await allReady(kept);

    const sql = openSql(env.DATABASE_URL!);
    const cmsSql = openSql(env.CMS_DATABASE_URL!);
    const leftovers = await openLeftovers(env, cmsSql);
    closing.push(
      leftovers.close,
      () => sql.end({ timeout: 1 }),
      () => cmsSql.end({ timeout: 1 }),
    );
    return {
      ...servers,
      smtp,
      cms,
      s3,
      chroma,
      api,
      workers,
      apiUrl: `http://127.0.0.1:${env.PORT}`,
      keys: { producer: keys.INGESTION_SERVICE_API_KEY, admin: keys.ADMIN_API_KEY },
      sql,
      leftovers,
      logs: `${dataDir}/logs`,
      stop,
    };
  }
}

/** Counts arrive as numbers, as they do in Tidings itself. */
function openSql(url: string): Sql {
  return openPostgres(url, 'chaos', { types: valueTypes, max: 2 }) as unknown as Sql;
}

/** Waits until each process says that it is ready. */
export async function allReady(kept: KeptProcess[]): Promise<void> {
  await Promise.all(
    kept.map((one) =>
      until(
        `${one.name} is ready`,
        async () => {
          const signal = AbortSignal.timeout(3000);
          const response = await fetch(one.healthUrl, { signal }).catch(() => null);
          await response?.text().catch(() => undefined);
          return response?.status === 200;
        },
        60_000,
      ),
    ),
  );
}
