import { readFile } from 'node:fs/promises';
import { freePort, portFor } from './ports.ts';
import { type Child, serverEntry } from './processes/child.ts';
import { claimDataDir } from './processes/data-dir.ts';
import { createGroup, startTogether } from './processes/group.ts';
import { httpAnswers, isReached, untilReady } from './processes/ready.ts';

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

/** Another program opened a port between its choice and its use. */
export class PortTaken extends Error {
  override name = 'PortTaken';
  readonly variable: string;

  constructor(variable: string, port: number) {
    super(
      `Port ${port} of ${variable} was opened by another program before it could be used. Stop that program, set ${variable} to another port, or unset it to have a free one chosen.`,
    );
    this.variable = variable;
  }
}

/** Only the process itself knows: whoever has the port may answer just like it. */
const failedToListen = async (child: Child) =>
  (await readFile(child.logFile, 'utf8')).includes('EADDRINUSE');

/**
 * Starts the processes with the given variables, on the ports these name or on free ones, and waits
 * until each says it is ready.
 * @throws PortTaken, or with the end of the log of the process that did not become ready
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

  const start = async (
    name: string,
    entry: string,
    [variable, port]: [string, number],
    [path, ready]: [string, (status: number) => boolean],
  ) => {
    const began = Date.now();
    const child = await group.run({
      name,
      ...serverEntry(new URL(entry, import.meta.url)),
      env: { ...env, [variable]: String(port) },
      graceMs: 30_000,
    });
    const answers = () => httpAnswers(`http://127.0.0.1:${port}${path}`, ready);
    await untilReady(child, async () => (await answers()) && isReached(child, port)).catch(
      async (error: unknown) => {
        throw (await failedToListen(child)) ? new PortTaken(variable, port) : error;
      },
    );
    log(`${name}: ready after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  };
  const ready = (status: number) => status === 200;
  // The dashboard asks for a key, which is an answer too.
  const answering = () => true;

  try {
    const port = await portFor('PORT', env.PORT);
    const boardPort = await portFor('BULL_BOARD_PORT', env.BULL_BOARD_PORT);
    const api = `http://127.0.0.1:${port}`;
    const board = `http://127.0.0.1:${boardPort}`;
    const workerPorts = [await portFor('WORKER_HEALTH_PORT', env.WORKER_HEALTH_PORT)];
    while (workerPorts.length < workers) workerPorts.push(await freePort());
    const [server, dashboard] = ['../src/api/server.ts', '../bull-board.ts'];
    const worker = '../src/workers/main.ts';
    await startTogether(group, [
      () => start('api', server, ['PORT', port], ['/health/ready', ready]),
      () => start('board', dashboard, ['BULL_BOARD_PORT', boardPort], ['/', answering]),
      ...workerPorts.slice(0, workers).map((health, index) => () => {
        const name = `worker-${index + 1}`;
        return start(name, worker, ['WORKER_HEALTH_PORT', health], ['/health/ready', ready]);
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
