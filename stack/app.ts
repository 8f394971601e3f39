import { freePort, portFor } from './ports.ts';
import { typescriptEntry } from './processes/child.ts';
import { claimDataDir } from './processes/data-dir.ts';
import { createGroup, startTogether } from './processes/group.ts';
import { httpAnswers, untilReady } from './processes/ready.ts';

/** The processes of Tidings itself, run from source: the API, the workers and the dashboard. */

export interface App {
  urls: { api: string; board: string };
  /** Process id of each process: `api`, `worker-1` and on, `board`. */
  pids: Record<string, number>;
  /** Settles, with a sentence, when a process ends although nobody stopped it. */
  died: Promise<string>;
  stop(): Promise<void>;
}

export interface AppOptions {
  log?: (line: string) => void;
  /** How many worker processes; 1 unless told otherwise. */
  workers?: number;
  /** Folder for the logs, kept; a temporary one, removed on stop, unless told otherwise. */
  dataDir?: string;
}

/**
 * Starts the processes with the given variables, on the ports these name or on free ones, and waits
 * until each says it is ready.
 * @throws with the end of the log of the process that did not become ready
 */
export async function startApp(
  env: Record<string, string>,
  options: AppOptions = {},
): Promise<App> {
  const { log = () => undefined, workers = 1 } = options;
  const fresh = options.dataDir === undefined;
  const { dataDir, release } = await claimDataDir(options.dataDir, fresh, log);
  const group = createGroup(dataDir);
  const stop = () => group.stop().then(release);

  const start = async (name: string, entry: string, own: Record<string, string>, url: string) => {
    const began = Date.now();
    const child = await group.run({
      name,
      ...typescriptEntry(new URL(entry, import.meta.url)),
      env: { ...env, ...own },
      graceMs: 30_000,
    });
    // The dashboard asks for a key, which is an answer too.
    await untilReady(child, () => httpAnswers(url, (status) => name === 'board' || status === 200));
    log(`${name}: ready after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  };

  try {
    const port = await portFor('PORT', env.PORT);
    const boardPort = await portFor('BULL_BOARD_PORT', env.BULL_BOARD_PORT);
    const api = `http://127.0.0.1:${port}`;
    const board = `http://127.0.0.1:${boardPort}`;
    const workerPorts = [await portFor('WORKER_HEALTH_PORT', env.WORKER_HEALTH_PORT)];
    while (workerPorts.length < workers) workerPorts.push(await freePort());
    await startTogether(group, [
      () => start('api', '../src/api/server.ts', { PORT: `${port}` }, `${api}/health/ready`),
      () => start('board', '../bull-board.ts', { BULL_BOARD_PORT: `${boardPort}` }, board),
      ...workerPorts.slice(0, workers).map((health, index) => () => {
        const url = `http://127.0.0.1:${health}/health/ready`;
        const own = { WORKER_HEALTH_PORT: `${health}` };
        return start(`worker-${index + 1}`, '../src/workers/main.ts', own, url);
      }),
    ]);
    return {
      urls: { api, board },
      pids: group.pids(),
      died: group.died(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
