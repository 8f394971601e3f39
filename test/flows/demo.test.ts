import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import type { Summary } from '../../examples/ingest-folder/summary.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Whose processes are whose is only told by Linux. */
const linux = process.platform === 'linux';
const DEMO_TIMEOUT_MS = 120_000;

let running: ChildProcess | undefined;
afterEach(() => {
  running?.kill('SIGKILL');
});

/** Runs the demo as a person would; the mark in its environment is inherited by all it starts. */
function demo(...args: string[]) {
  const mark = `DEMO_TEST_MARK=${randomUUID()}`;
  const [name, value] = mark.split('=');
  const child = spawn('npm', ['run', '--silent', 'demo', '--', ...args], {
    cwd: root,
    env: { ...process.env, [name as string]: value },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = child;
  return {
    child,
    mark,
    exit: once(child, 'exit'),
    out: text(child.stdout),
    err: text(child.stderr),
  };
}

/** Commands of the processes whose environment holds the mark, as Linux tells it. */
async function survivors(mark: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = (id: string, file: string) =>
    readFile(`/proc/${id}/${file}`, 'utf8').catch(() => '');
  const marked = await Promise.all(
    ids.map(async (id) => ((await read(id, 'environ')).includes(mark) ? read(id, 'cmdline') : '')),
  );
  return marked.filter(Boolean);
}

test('the demo keeps every promise it judges, and leaves no process behind', {
  timeout: DEMO_TIMEOUT_MS,
}, async () => {
  const { mark, exit, out, err } = demo('--json');
  const [code] = await exit;
  expect(code, await err).toBe(0);
  const summary = JSON.parse(await out) as Summary;
  expect(summary).toMatchObject({
    ok: true,
    files: { total: 18, succeeded: 12, failed: 6 },
    batches: [{ closed_by: 'threshold', files: 18, succeeded: 12, failed: 6 }],
    mails: [{ to: 'ada@example.com' }],
  });
  expect(summary.expectations).toHaveLength(9);

  const failed = Object.fromEntries(summary.corrections.map((one) => [one.file, one]));
  const categories = Object.entries(failed).map(([name, { category }]) => [name, category]);
  expect(Object.fromEntries(categories)).toEqual({
    'empty-note.txt': 'processing_error',
    'harbour-map.txt': 'processing_error',
    'keyword-hoard.md': 's3_error',
    'letters/to-the-lamp-maker.txt': 'file_not_found',
    'radio-messages.json': 'storage_error',
    'tide-log-2025.csv': 'processing_error',
  });
  // Two fail so late that some of their chunks were stored already.
  expect(failed['tide-log-2025.csv']).toMatchObject({
    left_behind: { object: true, record: true },
    read_back: { object: false, chunks: 0, record: false },
  });
  expect(failed['tide-log-2025.csv']?.left_behind.chunks).toBeGreaterThan(0);
  expect(failed['radio-messages.json']?.left_behind.chunks).toBeGreaterThan(0);
  expect(failed['radio-messages.json']?.read_back).toEqual({
    object: true,
    chunks: 0,
    record: true,
  });
  if (linux) await expect.poll(() => survivors(mark)).toEqual([]);
});

test.runIf(linux)(
  'stopped in the middle, it stops everything it started',
  {
    timeout: DEMO_TIMEOUT_MS,
  },
  async () => {
    const { child, mark, exit } = demo();
    let told = '';
    child.stdout.on('data', (data) => (told += data));
    await expect.poll(() => told, { timeout: 60_000 }).toContain('postgres: ready');
    child.kill('SIGTERM');
    await exit;
    await expect.poll(() => survivors(mark), { timeout: 60_000 }).toEqual([]);
  },
);

test('a folder that is not there is an error before anything is started', async () => {
  const { exit, out, err } = demo('--json', '--dir', 'no-such-folder');
  expect((await exit)[0]).toBe(1);
  expect(await out).toBe('');
  expect(await err).toMatch(/no-such-folder is not a folder/);
});
