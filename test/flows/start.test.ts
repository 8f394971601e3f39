import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type App, startApp } from '../../stack/app.ts';
import { freePort } from '../../stack/ports.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Starting the processes of Tidings, beside other programs that want the same ports. */

let system: System;
let folder: string;
beforeAll(async () => {
  system = await startSystem({ workers: false });
  folder = await mkdtemp(join(tmpdir(), 'tidings-test-'));
});
afterAll(async () => {
  await system.stop();
  await rm(folder, { recursive: true, force: true });
});

const environment = async () => ({
  ...system.env,
  PATH: process.env.PATH!,
  LOG_LEVEL: 'silent',
  PORT: String(await freePort()),
  BULL_BOARD_PORT: String(await freePort()),
  WORKER_HEALTH_PORT: String(await freePort()),
});

it('says that each process is ready, whatever is logged', async () => {
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const app = await startApp(await environment(), { log, dataDir: join(folder, 'ready') });
  try {
    expect(lines.map((line) => line.split(' after')[0]).sort()).toEqual([
      'api: ready',
      'board: ready',
      'worker-1: ready',
    ]);
    expect((await fetch(`${app.urls.api}/health/ready`)).status).toBe(200);
  } finally {
    await app.stop();
  }
});

it.each([
  ['api', 'PORT'],
  ['board', 'BULL_BOARD_PORT'],
  ['worker-1', 'WORKER_HEALTH_PORT'],
] as const)(
  'does not say that %s is ready when another program answers',
  async (name, variable) => {
    const env = await environment();
    const dataDir = join(folder, name);
    const lines: string[] = [];
    const other = createServer((_request, response) => response.end('{"ready":true}'));
    let app: App | undefined;
    try {
      const starting = startApp(env, { dataDir, log: (line) => void lines.push(line) }).then(
        (one) => {
          app = one;
        },
      );
      // The port was found free; the process opens it only seconds later.
      const opened = until('the processes start', () =>
        existsSync(join(dataDir, 'logs', `${name}.log`)),
      ).then(() => other.listen(Number(env[variable]), '127.0.0.1'));
      await expect(Promise.all([starting, opened])).rejects.toThrow(
        `Port ${env[variable]} of ${variable} was opened by another program`,
      );
      expect(lines.join()).not.toContain(`${name}: ready`);
    } finally {
      await app?.stop();
      other.closeAllConnections();
      await new Promise((resolve) => other.close(resolve));
    }
  },
);
