import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { isRunning, markOf } from './processes/process-table.ts';
import { type Stack, startStack } from './stack.ts';

const LIMIT = 30_000;
let folder: string;
const stacks: Stack[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidings-test-'));
});
afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.stop();
  await rm(folder, { recursive: true, force: true });
}, LIMIT);

async function start(options: Parameters<typeof startStack>[0]): Promise<Stack> {
  const stack = await startStack({ env: { PATH: process.env.PATH }, dataDir: folder, ...options });
  stacks.push(stack);
  return stack;
}

/** A process of its own that starts the inbox, prints its pids, and then hangs. */
async function startInAnotherProcess() {
  const script = `import { startStack } from ${JSON.stringify(new URL('./stack.ts', import.meta.url).href)};
    const stack = await startStack({ env: { PATH: process.env.PATH }, dataDir: ${JSON.stringify(folder)}, parts: ['inbox'] });
    console.log(JSON.stringify(stack.pids));`;
  const file = join(folder, 'other.mts');
  await writeFile(file, script);
  const parent = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file]);
  let output = '';
  parent.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await vi.waitFor(() => expect(output).toContain('}'), { timeout: LIMIT, interval: 50 });
  const inbox = markOf(JSON.parse(output).inbox);
  if (!inbox) throw new Error('the inbox does not run');
  return { parent, inbox };
}

test('given variables are kept and nothing is started for them', async () => {
  const env = {
    DATABASE_URL: 'postgres://127.0.0.1:1/db',
    REDIS_URL: 'redis://127.0.0.1:1',
    CHROMA_URL: 'http://127.0.0.1:1',
    S3_BUCKET: 'theirs',
    SMTP_SERVER: 'smtp.example.com',
    CMS_API_URL: 'http://127.0.0.1:1',
    CMS_API_TOKEN: 'theirs',
    ADMIN_API_KEY: 'theirs',
  };
  const stack = await start({ env });
  expect(stack.started).toEqual([]);
  expect(stack.env).toMatchObject(env);
  expect(stack.env.INGESTION_SERVICE_API_KEY).toMatch(/^\w{48}$/);
  expect(stack.env.WEBHOOK_SECRET).toBeUndefined();
  expect(() => loadConfig(stack.env)).not.toThrow();
});

test('production starts nothing by itself and says which parts are missing', async () => {
  const env = { NODE_ENV: 'production' };
  await expect(startStack({ env, dataDir: folder, parts: ['redis', 's3'] })).rejects.toThrow(
    'redis, s3',
  );
});

test('a part that cannot be had is named, and what had started is stopped', async () => {
  const attempt = startStack({ env: { PATH: '' }, dataDir: folder, parts: ['inbox', 'redis'] });
  await expect(attempt).rejects.toThrow('Redis cannot be started');
  expect(existsSync(join(folder, 'owner.json'))).toBe(false);
  expect(existsSync(join(folder, 'run', 'inbox.json'))).toBe(false);
});

test('mails that stay on this machine link to it, mails to the world do not', async () => {
  const here = await start({ parts: ['inbox'] });
  expect(here.env.PUBLIC_URL).toBe(`http://127.0.0.1:${here.env.PORT}`);
  expect(here.env.LINK_SECRET).toMatch(/^\w{48}$/);
  await here.stop();
  const env = { PATH: process.env.PATH, SMTP_SERVER: 'smtp.example.com' };
  const elsewhere = await start({ env, parts: ['inbox'] });
  expect(elsewhere.env.PUBLIC_URL).toBeUndefined();
});

test('keys stay the same between runs in one folder', async () => {
  const first = await start({ parts: [] });
  await first.stop();
  const second = await start({ parts: [] });
  expect(second.env.ADMIN_API_KEY).toBe(first.env.ADMIN_API_KEY);
});

test('a fresh stack removes its folder on stop, but never one with other files', async () => {
  const stack = await start({ fresh: true, parts: [] });
  await stack.stop();
  expect(existsSync(folder)).toBe(false);
  folder = await mkdtemp(join(tmpdir(), 'tidings-test-'));
  await writeFile(join(folder, 'thesis.txt'), 'x');
  await expect(start({ fresh: true, parts: [] })).rejects.toThrow('thesis.txt');
  expect(await readFile(join(folder, 'thesis.txt'), 'utf8')).toBe('x');
});

test('a second start beside a live one is refused', async () => {
  await start({ parts: [] });
  await expect(start({ parts: [] })).rejects.toThrow(`process ${process.pid}`);
});

test('a part that dies is reported', { timeout: LIMIT }, async () => {
  const stack = await start({ parts: ['inbox'] });
  process.kill(stack.pids.inbox as number, 'SIGKILL');
  expect(await stack.died).toBe('inbox was ended by SIGKILL');
});

test('parts die with their parent, even one that is killed outright', {
  timeout: LIMIT,
}, async () => {
  const { parent, inbox } = await startInAnotherProcess();
  parent.kill('SIGKILL');
  await vi.waitFor(() => expect(isRunning(inbox)).toBe(false), { timeout: LIMIT, interval: 50 });
});

// The supervisor is found by way of /proc.
test.runIf(process.platform === 'linux')(
  'a start after a crash ends what was left running',
  { timeout: LIMIT },
  async () => {
    const { parent, inbox } = await startInAnotherProcess();
    const supervisor = Number((await readFile(`/proc/${inbox.pid}/stat`, 'utf8')).split(' ')[3]);
    process.kill(supervisor, 'SIGKILL');
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(markOf(parent.pid as number)).toBeUndefined());
    expect(isRunning(inbox)).toBe(true);

    const lines: string[] = [];
    const stack = await start({ parts: [], log: (line) => lines.push(line) });
    expect(isRunning(inbox)).toBe(false);
    expect(lines.join()).toContain(`ending inbox (process ${inbox.pid})`);
    expect(stack.started).toEqual([]);
  },
);
