import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { queueNames } from '../../src/queues/registry.ts';
import { isPortFree } from '../../stack/ports.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { settled, unaccounted } from './settle.ts';

/** A Redis Cluster of three real nodes works by configuration alone: several addresses in REDIS_URL. */

const exec = promisify(execFile);

let dir: string;
let ports: number[] = [];
let nodes: ReturnType<typeof spawn>[] = [];
let system: System;

/** Nodes talk to each other on their port plus 10,000, which must be free and a port as well. */
async function clusterPorts(): Promise<number[]> {
  const found: number[] = [];
  for (let port = 21_000 + (process.pid % 8000); found.length < 3; port += 1)
    if ((await isPortFree(port)) && (await isPortFree(port + 10_000))) found.push(port);
  return found;
}

async function says(port: number, info: string, expected: string): Promise<boolean> {
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true, maxRetriesPerRequest: 0 });
  client.on('error', () => {});
  try {
    return String(await client.call(...(info.split(' ') as [string]))).includes(expected);
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidings-cluster-'));
  ports = await clusterPorts();
  for (const port of ports) {
    const folder = join(dir, String(port));
    await mkdir(folder);
    const settings = ['--cluster-enabled', 'yes', '--save', '', '--dir', folder];
    const address = ['--port', `${port}`, '--bind', '127.0.0.1'];
    nodes.push(spawn('redis-server', [...address, ...settings], { stdio: 'ignore' }));
  }
  await until('the nodes answer', async () =>
    (await Promise.all(ports.map((port) => says(port, 'ping', 'PONG')))).every(Boolean),
  );
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  await exec('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes']);
  await until('the cluster is whole', async () => {
    const states = ports.map((port) => says(port, 'cluster info', 'cluster_state:ok'));
    return (await Promise.all(states)).every(Boolean);
  });
  const REDIS_URL = addresses.map((address) => `redis://${address}`).join(',');
  system = await startSystem({ env: { REDIS_URL } });
});
afterAll(async () => {
  await system?.stop();
  for (const node of nodes) node.kill('SIGKILL');
  nodes = [];
  await rm(dir, { recursive: true, force: true });
});

it('carries events to mails and corrections, and answers for its queues', async () => {
  expect(system.deps.redis).toBeInstanceOf(Cluster);
  expect(system.deps.config.QUEUE_PREFIX).toMatch(/^\{.+\}$/);
  const ada = person();
  const gone = { error: { category: 'file_not_found', message: 'no such file' } };
  await system.push(event(ada, documentId()), failure(ada, documentId(), gone));
  await system.applied();
  await system.makeDue(ada);
  await system.mails(ada);
  await settled(system);
  expect(await system.inbox(ada)).toHaveLength(1);
  expect(await unaccounted(system)).toBe(0);
  const { body } = await system.call('GET', '/api/queues');
  expect(body.data.map(({ name }: { name: string }) => name)).toEqual(queueNames);
});

it('raises again what a node forgot', async () => {
  const ada = person();
  await system.push(event(ada, documentId()));
  await system.applied();
  await Promise.all(
    ports.map(async (port) => {
      const client = new Redis(port, '127.0.0.1');
      await client.flushall();
      client.disconnect();
    }),
  );
  await system.makeDue(ada);
  await system.mails(ada);
  expect(await system.inbox(ada)).toHaveLength(1);
});
