import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../stack/ports.ts';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { unaccounted } from './settle.ts';

/** A Redis that demands TLS and a password works by configuration alone. */

const exec = promisify(execFile);
const entry = fileURLToPath(new URL('../../src/workers/main.ts', import.meta.url));
const PASSWORD = 'a pass/word';

let dir: string;
let port: number;
let server: ReturnType<typeof spawn>;
let worker: ReturnType<typeof spawn> | undefined;
let system: System;

/** A certificate authority of our own, and a certificate for 127.0.0.1 signed by it. */
async function makeCertificates(): Promise<void> {
  const openssl = (...args: string[]) => exec('openssl', args, { cwd: dir });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl(
    ...['req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '1'],
    ...['-subj', '/CN=Test CA'],
  );
  await openssl(
    ...['req', ...key, '-keyout', 'redis.key', '-out', 'redis.csr', '-subj', '/CN=127.0.0.1'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1'],
  );
  await openssl(
    ...['x509', '-req', '-in', 'redis.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-days', '1'],
    ...['-CAcreateserial', '-out', 'redis.crt', '-copy_extensions', 'copy'],
  );
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidings-tls-'));
  await makeCertificates();
  port = await freePort();
  server = spawn(
    'redis-server',
    [
      ...['--port', '0', '--tls-port', `${port}`, '--bind', '127.0.0.1', '--save', ''],
      ...['--dir', dir, '--tls-cert-file', 'redis.crt', '--tls-key-file', 'redis.key'],
      ...['--tls-ca-cert-file', 'ca.crt', '--tls-auth-clients', 'no', '--requirepass', PASSWORD],
    ],
    { stdio: 'ignore', cwd: dir },
  );
  // This process does not trust the authority; its API talks to another Redis, which nobody works.
  system = await startSystem({ workers: false });
});
afterAll(async () => {
  worker?.kill('SIGKILL');
  await system?.stop();
  server?.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

it('carries an event to its mail in a process that trusts the authority', async () => {
  worker = spawn(process.execPath, ['--import', 'tsx', entry], {
    env: {
      ...process.env,
      ...system.env,
      REDIS_URL: `rediss://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`,
      WORKER_HEALTH_PORT: '0',
      NODE_EXTRA_CA_CERTS: join(dir, 'ca.crt'),
      LOG_LEVEL: 'info',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  worker.stdout?.on('data', (text) => {
    output += text;
  });
  await until('the worker has reached Redis', () => output.includes('workers started'));
  const ada = person();
  await system.push(event(ada, documentId()));
  await system.applied();
  await system.makeDue(ada);
  await system.mails(ada);
  expect(await system.inbox(ada)).toHaveLength(1);
  expect(await unaccounted(system)).toBe(0);
  const asked = ['--tls', '--cacert', 'ca.crt', '-p', `${port}`, 'dbsize'];
  const env = { ...process.env, REDISCLI_AUTH: PASSWORD };
  const { stdout } = await exec('redis-cli', asked, { cwd: dir, env });
  expect(Number.parseInt(stdout, 10)).toBeGreaterThan(0);
  expect(output).not.toContain(PASSWORD);
});
