import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../ports.ts';
import { untilReady } from '../processes/ready.ts';
import type { PartContext, Started } from './part.ts';
import { findRedisServer } from './redis-server.ts';

/** A private Redis: own port and folder, append-only file on, never evicting (BullMQ needs that). */
export async function startRedis(context: PartContext): Promise<Started> {
  const folder = join(context.dataDir, 'redis');
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const machine = {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    path: context.env.PATH,
  };
  const server = await findRedisServer(machine, folder, port, context.log);
  const settings: Record<string, string> = {
    '--port': String(server.port),
    '--bind': server.bind,
    '--protected-mode': server.bind === '127.0.0.1' ? 'yes' : 'no',
    '--dir': server.dir,
    '--daemonize': 'no',
    '--appendonly': 'yes',
    '--save': '',
    '--maxmemory-policy': 'noeviction',
  };
  const child = await context.run({
    name: 'redis',
    command: server.command,
    args: [...server.args, ...Object.entries(settings).flat()],
  });
  await untilReady(child, () => answersPing(port), 120_000);
  return { env: { REDIS_URL: `redis://127.0.0.1:${port}` } };
}

/** Redis says PONG only once its data is loaded. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'));
    socket.setTimeout(1000, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('data', (answer) => {
      socket.destroy();
      resolve(answer.toString().startsWith('+PONG'));
    });
    socket.once('close', () => resolve(false));
  });
}
