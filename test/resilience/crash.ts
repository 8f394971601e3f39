import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { packageRoot } from '../../src/package-root.ts';
import type { Order } from '../support/crashing-worker.ts';

const root = packageRoot();
/** Test files that run side by side have one each. */
const bundle = join(root, `node_modules/.cache/tidings/crashing-worker-${process.pid}.mjs`);
process.once('exit', () => rmSync(bundle, { force: true }));

/** Makes one file of the crashing worker: a hundred processes start three times as fast from it. */
export async function bundleCrashingWorker(): Promise<void> {
  await build({
    entryPoints: [join(root, 'test/support/crashing-worker.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['mjml'],
    // The templates are looked for beside the source that renders them.
    define: {
      'import.meta.url': JSON.stringify(pathToFileURL(join(root, 'src/mail/render/templates.ts'))),
    },
    // Packages in the older format ask for `require`, which modules do not have.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
}

/** How a run of the crashing worker ended: killed at its point, or through, with its effects. */
export type Ending = { killed: true } | { killed: false; effects: string[]; putOff: string | null };

type RunThrough = Omit<Extract<Ending, { killed: false }>, 'killed'>;

/**
 * Runs one job in a process of its own.
 * @throws with the process's own words when it ended in any other way than killed or through
 */
export async function runCrashing(env: Record<string, string>, order: Order): Promise<Ending> {
  const child = spawn(process.execPath, [bundle, JSON.stringify(order)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, complaint] = ['', ''];
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('close', (...end) => resolve(end));
  });
  if (signal === 'SIGKILL') return { killed: true };
  if (code === 0) return { killed: false, ...(JSON.parse(output) as RunThrough) };
  throw new Error(`the crashing worker failed at ${order.queue}: ${complaint}`);
}

/** Runs the tasks, at most `parallel` at a time, in order of their start. */
export async function inParallel<Result>(
  parallel: number,
  tasks: (() => Promise<Result>)[],
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async () => {
    for (let at = next++; at < tasks.length; at = next++) results[at] = await tasks[at]!();
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return results;
}
