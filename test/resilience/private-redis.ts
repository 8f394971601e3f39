import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../stack/ports.ts';
import { until } from '../support/until.ts';

/** A Redis server of one test's own, which it may kill, empty and replace. */
export interface PrivateRedis {
  port: number;
  url: string;
  /** Ends the server as a crash does; without persistence it forgets everything. */
  kill(): Promise<void>;
  /** Starts a server on the same port and waits until it answers. */
  start(): Promise<void>;
  command(...words: (string | number)[]): Promise<unknown>;
  /** Kills the server and removes its folder. */
  stop(): Promise<void>;
}

/** @param settings further arguments of `redis-server` */
export async function privateRedis(settings: string[] = []): Promise<PrivateRedis> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'tidings-redis-'));
  let child: ChildProcess | undefined;
  const ask = async (words: (string | number)[]) => {
    const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 0, lazyConnect: true });
    client.on('error', () => {});
    try {
      return await client.call(String(words[0]), ...words.slice(1));
    } finally {
      client.disconnect();
    }
  };
  const redis: PrivateRedis = {
    port,
    url: `redis://127.0.0.1:${port}`,
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    async start() {
      const fixed = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
      child = spawn('redis-server', [...fixed, ...settings], { stdio: 'ignore' });
      await until('redis answers', () =>
        ask(['ping']).then(
          (answer) => answer === 'PONG',
          () => false,
        ),
      );
    },
    command: (...words) => ask(words),
    async stop() {
      await redis.kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}
