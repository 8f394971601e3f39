import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { queueNames } from '../../src/queues/registry.ts';
import { freePort } from '../../stack/ports.ts';
import { TOKEN } from '../support/builtin-cms.ts';
import { CHROMIUM } from '../support/chromium.ts';
import { stackEnv } from '../support/stack-env.ts';
import { documentId, event } from '../support/system.ts';
import { until } from '../support/until.ts';

/** The dashboard as operators reach it: its own process, behind the admin key. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const prefix = documentId('board');
const env = stackEnv();

let url: string;
let board: ChildProcess;
let queue: Queue;
beforeAll(async () => {
  queue = new Queue(queueNames[0]!, { connection: { url: env.REDIS_URL }, prefix });
  await queue.add('job', { chunk_id: 'x' }, { jobId: 'a-job' });
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  board = spawn(process.execPath, ['--import', 'tsx', 'bull-board.ts'], {
    cwd: ROOT,
    stdio: 'ignore',
    env: {
      ...process.env,
      ...env,
      CMS_API_TOKEN: TOKEN,
      BULL_BOARD_PORT: String(port),
      QUEUE_PREFIX: prefix,
      LOG_LEVEL: 'silent',
    },
  });
  await until('the board answers', () =>
    fetch(`${url}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
});
afterAll(async () => {
  board.kill('SIGTERM');
  await once(board, 'exit');
  await queue.obliterate({ force: true });
  await queue.close();
});

const basic = (key: string) => `Basic ${btoa(`operator:${key}`)}`;
const ask = (path: string, authorization?: string, method = 'GET') =>
  fetch(url + path, { method, headers: authorization ? { authorization } : {} });
const admin = basic(env.ADMIN_API_KEY!);

it.each([
  ['no key', undefined],
  ['a wrong key', basic('wrong')],
  ['a producer key', basic(env.INGESTION_SERVICE_API_KEY!)],
])('asks whoever comes with %s to sign in', async (_, authorization) => {
  for (const path of ['/', '/api/queues']) {
    const response = await ask(path, authorization);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Basic');
  }
});

it.each([
  ['Basic', admin],
  ['Bearer', `Bearer ${env.ADMIN_API_KEY}`],
])('shows every queue to an operator who signs in by %s', async (_, authorization) => {
  expect((await ask('/', authorization)).status).toBe(200);
  const { queues } = (await (await ask('/api/queues', authorization)).json()) as {
    queues: { name: string; counts: { waiting: number } }[];
  };
  expect(queues.map(({ name }) => name).sort()).toEqual([...queueNames].sort());
  expect(queues.find(({ name }) => name === queueNames[0])?.counts.waiting).toBe(1);
});

it.runIf(CHROMIUM)(
  'is not shown in a frame of another site, where clicks could be stolen',
  async () => {
    const site = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end(`<iframe src="${url}/"></iframe>`),
    );
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    const browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
    const context = await browser.newContext({
      httpCredentials: { username: 'operator', password: env.ADMIN_API_KEY! },
    });
    const page = await context.newPage();
    // As somebody who is signed in.
    await page.goto(url);
    await page.waitForSelector('text=Tidings');
    await page.goto(`http://localhost:${(site.address() as AddressInfo).port}`);
    expect(page.frames().map((frame) => frame.url())).not.toContain(`${url}/`);
    await browser.close();
    site.close();
  },
);

it('shows ids, and of events only how many there are', async () => {
  const named = [event('ada@example.com', documentId()), { user_email: 'ada@example.com' }];
  const chunk = { chunk_id: '0b9c5a52-1d5e-4a55-8a52-3f2d6c1f7e90' };
  const jobs = await queue.addBulk([
    { name: 'job', data: chunk },
    { name: 'job', data: { events: named.slice(0, 1) } },
    { name: 'job', data: { events: named } },
    { name: 'job', data: { event: named[0] } },
  ]);
  const shown = await Promise.all(
    jobs.map(async ({ id }) => (await ask(`/api/queues/${queueNames[0]}/${id}`, admin)).text()),
  );
  expect(shown.join()).not.toContain('ada');
  expect(shown.map((text) => JSON.parse(text).job.data)).toEqual([
    chunk,
    { events: 1 },
    { events: 2 },
    {},
  ]);
  const list = await ask(`/api/queues?activeQueue=${queueNames[0]}&status=waiting`, admin);
  const text = await list.text();
  expect(text).toContain(chunk.chunk_id);
  expect(text).not.toContain('ada@');
  const edit = `/api/queues/${queueNames[0]}/${jobs[1]!.id}/update-data`;
  expect((await ask(edit, admin, 'PATCH')).status).toBe(403);
  for (const job of jobs) await job.remove();
});

it('removes one job, which is not the mass of them', async () => {
  await queue.add('job', { chunk_id: 'y' }, { jobId: 'b-job' });
  const { status } = await ask(`/api/queues/${queueNames[0]}/b-job/clean`, admin, 'PUT');
  expect(status).toBe(204);
  expect(await queue.getJob('b-job')).toBeUndefined();
});

it.each(['empty', 'obliterate', 'clean/waiting', 'clean/failed'])(
  'refuses mass removal: %s',
  async (how) => {
    const response = await ask(`/api/queues/${queueNames[0]}/${how}`, admin, 'PUT');
    expect(response.status).toBe(403);
    expect(await queue.getWaitingCount()).toBe(1);
  },
);
