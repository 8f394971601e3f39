import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onPath } from '../../stack/parts/on-path.ts';
import { type Account, unprivilegedAccount } from '../../stack/parts/unprivileged.ts';
import { freePort } from '../../stack/ports.ts';
import { until } from './until.ts';

/** Exim on loopback, with a configuration and a spool of its own: the system's is left alone. */

export interface Exim {
  port: number;
  /** Every mail in the mailbox, as it was delivered; the server keeps its lines with bare LF. */
  mailbox(): Promise<Buffer[]>;
  stop(): Promise<void>;
}

/** The rules that differ between servers, in Exim's own language. */
export interface EximRules {
  /** Access rules for each recipient, before the others are accepted. */
  recipients?: string;
  /** Routers before the one that delivers to the mailbox. */
  routers?: string;
}

/**
 * Finds Exim, or installs it with apt where we are root and that would remove nothing.
 * @param log told what is done
 * @returns undefined where it cannot be had
 */
export async function findExim(log: (line: string) => void): Promise<string | undefined> {
  const found = () =>
    onPath('exim4') ??
    onPath('exim') ??
    ['/usr/sbin/exim4', '/usr/sbin/exim'].find((path) => existsSync(path));
  const apt = onPath('apt-get');
  if (found() || !apt || process.getuid?.() !== 0) return found();
  log('exim: not installed; running `apt-get install exim4-daemon-light`');
  // RUNLEVEL=1 keeps the package from starting a server of its own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const run = (...args: string[]) => promisify(execFile)(apt, ['-q', ...args], { env });
  const options = ['-y', '--no-install-recommends', '--no-remove', 'exim4-daemon-light'];
  try {
    await run('update');
    await run('install', ...options);
  } catch {
    log('exim: apt-get could not install it');
  }
  return found();
}

/** Starts a server on a free port and waits for its greeting. It runs as an ordinary account. */
export async function startExim(exim: string, rules: EximRules = {}): Promise<Exim> {
  const { uid, gid }: Account = (await unprivilegedAccount()) ?? userInfo();
  const folder = await mkdtemp(join(tmpdir(), 'tidings-exim-'));
  const file = join(folder, 'exim.conf');
  const mailFolder = join(folder, 'mail');
  await writeFile(file, configuration(folder, mailFolder, { uid, gid }, rules));
  for (const name of ['spool', 'log', 'mail']) await mkdir(join(folder, name));
  for (const path of [folder, ...(await readdir(folder)).map((name) => join(folder, name))])
    await chown(path, uid, gid);
  await chmod(file, 0o600);

  const port = await freePort();
  const root = process.getuid?.() === 0;
  const args = ['-C', file, '-bdf', '-oX', `127.0.0.1.${port}`];
  const server = spawn(exim, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(root && { uid, gid }),
  });
  let complaint = '';
  server.stderr?.on('data', (chunk) => {
    complaint += chunk;
  });
  const stop = async () => {
    await ended(server);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await until('Exim greets', () => {
      if (server.exitCode !== null) throw new Error(`Exim did not start: ${complaint.trim()}`);
      return greets(port);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    stop,
    mailbox: async () => {
      const delivered = join(mailFolder, 'new');
      const names = existsSync(delivered) ? await readdir(delivered) : [];
      return Promise.all(names.sort().map((name) => readFile(join(delivered, name))));
    },
  };
}

function configuration(
  folder: string,
  mailFolder: string,
  { uid, gid }: Account,
  { recipients = '', routers = '' }: EximRules,
): string {
  return `exim_user = ${uid}
exim_group = ${gid}
never_users =
deliver_drop_privilege
primary_hostname = mx.example.com
qualify_domain = example.com
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%s
pid_file_path = ${folder}/exim.pid
local_interfaces = 127.0.0.1
tls_advertise_hosts =
host_lookup =
rfc1413_hosts =
keep_environment =
acl_smtp_rcpt = recipients

begin acl
recipients:
${recipients}
  accept

begin routers
${routers}
mailbox:
  driver = accept
  transport = mailbox

begin transports
mailbox:
  driver = appendfile
  directory = ${mailFolder}
  maildir_format
  create_directory
  user = ${uid}
  group = ${gid}
relay:
  driver = smtp
  allow_localhost
`;
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('data', (greeting) => {
      resolve(greeting.toString().startsWith('220 '));
      socket.end('QUIT\r\n');
    });
    socket.once('error', () => resolve(false));
  });
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await exit;
}
