import { type Keys, loadKeys } from './keys.ts';
import { type CmsKind, partsToStart, startOf } from './parts/all.ts';
import type { PartContext, PartName } from './parts/part.ts';
import { portFor } from './ports.ts';
import { claimDataDir } from './processes/data-dir.ts';
import { createGroup, startTogether } from './processes/group.ts';

export type { PartName } from './parts/part.ts';

/** The parts Tidings needs, each started only where its variable is not set. */

export interface Stack {
  /** The given environment with everything the processes of Tidings need filled in. */
  env: Record<string, string>;
  /** Addresses for people, by name. */
  urls: Record<string, string>;
  started: PartName[];
  /** Variables of ports that were not given, but chosen. */
  chosen: string[];
  /** Process id of each started part. */
  pids: Partial<Record<PartName, number>>;
  /** The folder that holds the data and, in `logs`, one log per part. */
  dataDir: string;
  /** Settles, with a sentence, when a started part ends although nobody stopped it. */
  died: Promise<string>;
  /** Ends what was started, dependants first, and gives the data folder up. */
  stop(): Promise<void>;
}

export interface StackOptions {
  /** The given environment; that of this process unless told otherwise. */
  env?: Record<string, string | undefined>;
  /** Where data is kept; `.tidings` at the root of the repository unless told otherwise. */
  dataDir?: string;
  /** Which CMS is started; the built-in one unless told otherwise. */
  cms?: CmsKind;
  /** The only parts to consider; all unless told otherwise. */
  parts?: PartName[];
  /** Start from nothing, on any free ports, and remove the data on stop. */
  fresh?: boolean;
  log?: (line: string) => void;
}

/**
 * Starts every part whose variable is not set and waits until each answers.
 * @throws naming every part that could not be started and why; what did start is stopped again
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { fresh = false, log = () => undefined } = options;
  const env = definedOnly(options.env ?? process.env);
  const wanted = partsToStart(env, options.parts);
  if (env.NODE_ENV === 'production' && wanted.length > 0)
    throw new Error(
      `NODE_ENV is production, where nothing is started by itself, and no variable names: ${wanted.join(', ')}. Set the variables; .env.example explains each.`,
    );

  const { dataDir, release } = await claimDataDir(options.dataDir, fresh, log);
  const group = createGroup(dataDir);
  const stop = () => group.stop(['cms']).then(release);

  try {
    const keys = await loadKeys(dataDir);
    fillIn(env, keys);
    const chosen = await choosePorts(env, !fresh);
    // A link to this machine is good only in mails that stay on it.
    if (wanted.includes('inbox')) env.PUBLIC_URL ||= `http://127.0.0.1:${env.PORT}`;
    const context: PartContext = {
      dataDir,
      env,
      keys,
      usualPorts: !fresh,
      log,
      run: group.run,
    };
    const urls: Record<string, string> = {};
    const start = async (part: PartName) => {
      const began = Date.now();
      const started = await startOf(part, options.cms)(context);
      Object.assign(env, started.env);
      Object.assign(urls, started.urls);
      log(`${part}: ready after ${((Date.now() - began) / 1000).toFixed(1)} s`);
    };
    // The CMS needs its database; the others need nothing of each other.
    const starts = (cms: boolean) =>
      wanted.filter((part) => (part === 'cms') === cms).map((part) => () => start(part));
    await startTogether(group, starts(false));
    await startTogether(group, starts(true));
    return {
      env,
      urls,
      started: wanted,
      chosen,
      pids: group.pids(),
      dataDir,
      died: group.died(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function definedOnly(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Keys that are not given are ours to make, those towards the CMS only where the CMS is ours too. */
function fillIn(env: Record<string, string>, keys: Keys): void {
  env.INGESTION_SERVICE_API_KEY ||= keys.INGESTION_SERVICE_API_KEY;
  env.ADMIN_API_KEY ||= keys.ADMIN_API_KEY;
  env.FROM_EMAIL ||= 'Tidings <notifications@tidings.example>';
  env.LINK_SECRET ||= keys.LINK_SECRET;
  // Metrics and health are open, and this machine may be in any network.
  env.LISTEN_HOST ||= '127.0.0.1';
  if (env.CMS_API_URL) return;
  env.CMS_API_TOKEN ||= keys.CMS_API_TOKEN;
  env.WEBHOOK_SECRET ||= keys.WEBHOOK_SECRET;
}

/** @returns the variables that asked for no port in particular */
async function choosePorts(env: Record<string, string>, usual: boolean): Promise<string[]> {
  const ports = { PORT: 8000, BULL_BOARD_PORT: 3001, WORKER_HEALTH_PORT: 8001 };
  const chosen = Object.keys(ports).filter((name) => !Number(env[name] || 0));
  for (const [name, preferred] of Object.entries(ports))
    env[name] = String(await portFor(name, env[name], usual ? preferred : undefined));
  return chosen;
}
