import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { migrateDatabase } from '../src/db/migrate.ts';
import { freePort } from '../stack/ports.ts';
import { claimDataDir } from '../stack/processes/data-dir.ts';
import { createGroup } from '../stack/processes/group.ts';
import { httpAnswers, untilReady } from '../stack/processes/ready.ts';
import { type PartName, startStack } from '../stack/stack.ts';

/** The parts a figure is measured on, and the means to start Tidings' own processes on them. */
export interface Bench {
  short: boolean;
  /** Rounds to measure. */
  rounds: number;
  /** Process ids of the parts. */
  parts: Partial<Record<PartName, number>>;
  /** A migrated database and a queue prefix nobody else uses, as variables for the processes. */
  freshEnv(changes?: Record<string, string>): Promise<Record<string, string>>;
  /** What `freshEnv` gave since this was last asked. */
  usedEnvs(): Record<string, string>[];
  /** Runs the built entry as a process; `port` is where it answers once it is ready. */
  start(entry: Entry, env: Record<string, string>, args?: string[]): Promise<Running>;
  log(line: string): void;
}

export type Entry = 'api/server.js' | 'workers/main.js';

export interface Running {
  pid: number;
  port: number;
  stop(): Promise<void>;
}

const built = (entry: Entry) => fileURLToPath(new URL(`../dist/src/${entry}`, import.meta.url));

/** Starts Postgres, Redis and the CMS, or the parts given, with the durability of production. */
export async function openBench(options: {
  short: boolean;
  profileDir?: string;
  parts?: PartName[];
  log(line: string): void;
}): Promise<Bench & { close(): Promise<void> }> {
  const { short, log, profileDir, parts = ['postgres', 'redis', 'cms'] } = options;
  const profiling = profileDir ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] : [];
  const stack = await startStack({
    fresh: true,
    parts,
    env: { ...process.env, ...unusedBeside(parts), CMS_RATE_LIMIT_MAX: '0', NODE_ENV: 'test' },
    log,
  });
  const { dataDir, release } = await claimDataDir(undefined, true, log);
  const group = createGroup(dataDir);
  let started = 0;
  let used: Record<string, string>[] = [];
  return {
    short,
    rounds: 5,
    parts: stack.pids,
    log,
    async freshEnv(changes = {}) {
      const name = `bench_${randomBytes(5).toString('hex')}`;
      const url = new URL(stack.env.DATABASE_URL!);
      const admin = postgres(url.href, { max: 1, onnotice: () => {} });
      await admin.unsafe(`create database ${name}`).finally(() => admin.end());
      url.pathname = `/${name}`;
      // Each for itself: on copies of a migrated database applying was a third slower.
      await migrateDatabase(url.href);
      const env = {
        ...stack.env,
        NODE_ENV: 'production',
        DATABASE_URL: url.href,
        QUEUE_PREFIX: name,
        RATE_LIMIT_MAX: String(2 ** 31 - 1),
        ...changes,
      };
      used.push(env);
      return env;
    },
    usedEnvs() {
      const envs = used;
      used = [];
      return envs;
    },
    async start(entry, env, args = []) {
      const port = await freePort();
      started += 1;
      const child = await group.run({
        name: `${entry.split('/')[0]}-${started}`,
        command: process.execPath,
        args: [...profiling, built(entry), ...args],
        env: { ...env, PORT: String(port), WORKER_HEALTH_PORT: String(port) },
        graceMs: 30_000,
      });
      await untilReady(child, () => httpAnswers(`http://127.0.0.1:${port}/health/live`));
      return { pid: child.pid, port, stop: () => child.stop() };
    },
    close: async () => {
      await group.stop();
      await release();
      await stack.stop();
    },
  };
}

/** Parts no figure touches, but without which a production process would not start. */
const unusedBeside = (parts: readonly PartName[]) => ({
  ...(!parts.includes('s3') && { S3_BUCKET: 'unused', S3_ENDPOINT: 'http://127.0.0.1:1' }),
  ...(!parts.includes('chroma') && { CHROMA_URL: 'http://127.0.0.1:1' }),
  SMTP_SERVER: '127.0.0.1',
  SMTP_SECURE: 'none',
});
