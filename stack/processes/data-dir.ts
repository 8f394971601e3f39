import { randomUUID } from 'node:crypto';
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endGroup, isRunning, markOf, type ProcessMark } from './process-table.ts';

/**
 * The folder that holds the data, logs and marks of one stack. One live process owns it at a time;
 * what a crashed owner left running is ended before the next one starts.
 */

const OWNER = 'owner.json';
const DATA = ['keys.json', 'postgres', 'redis', 'chroma', 's3'];

/**
 * Makes a data folder ours, creating it where needed, and ends leftovers of an owner that is gone.
 * @param given the folder; where absent, a temporary one if `fresh`, else `.tidings` of the project
 * @param fresh start from nothing, and remove the folder on release
 * @throws when a live process owns it, or when `fresh` would remove files that are not a stack's
 */
export async function claimDataDir(
  given: string | undefined,
  fresh: boolean,
  log: (line: string) => void,
): Promise<{ dataDir: string; release: () => Promise<void> }> {
  const dir = await makeFolder(given, fresh);
  if (fresh) await refuseForeignFiles(dir);
  const owner = join(dir, OWNER);
  for (const folder of ['logs', 'run']) await mkdir(join(dir, folder), { recursive: true });
  while (!(await writeNew(owner, JSON.stringify(markOf(process.pid))))) {
    const holder = await readMark(owner);
    if (holder && isRunning(holder))
      throw new Error(
        `Another Tidings stack (process ${holder.pid}) is using ${dir}. Stop it first, with Ctrl-C there or \`kill ${holder.pid}\`.`,
      );
    await discard(owner);
  }
  await endLeftovers(join(dir, 'run'), log);
  const remove = (path: string) => rm(path, { recursive: true, force: true });
  if (fresh) await Promise.all(DATA.map((name) => remove(join(dir, name))));
  return { dataDir: dir, release: () => remove(fresh ? dir : owner) };
}

async function makeFolder(given: string | undefined, fresh: boolean): Promise<string> {
  const temporary = async () => mkdtemp(join(tmpdir(), 'tidings-'));
  const usual = fileURLToPath(new URL('../../.tidings', import.meta.url));
  const dir = given !== undefined ? resolve(given) : fresh ? await temporary() : usual;
  await mkdir(dir, { recursive: true });
  // Postgres may run as another account, which has to pass through; each part guards its own data.
  if (fresh || given === undefined) await chmod(dir, 0o711);
  return dir;
}

async function refuseForeignFiles(dir: string): Promise<void> {
  const ours = (name: string) =>
    name.startsWith(OWNER) || [...DATA, 'logs', 'run'].some((part) => name.startsWith(part));
  const foreign = (await readdir(dir)).filter((name) => !ours(name));
  if (foreign.length > 0)
    throw new Error(
      `A fresh stack removes its data folder when it stops, and ${dir} holds other files (${foreign[0]}). Give it an empty or a new folder.`,
    );
}

async function endLeftovers(runDir: string, log: (line: string) => void): Promise<void> {
  const files = (await readdir(runDir)).filter((name) => name.endsWith('.json'));
  await Promise.all(
    files.map(async (name) => {
      const mark = await readMark(join(runDir, name));
      if (mark && isRunning(mark)) {
        log(`ending ${name.replace('.json', '')} (process ${mark.pid}), left by a crashed run`);
        await endGroup(mark, mark.stopSignal ?? 'SIGTERM', 10_000);
      }
      await rm(join(runDir, name), { force: true });
    }),
  );
}

/** Creates a file with its content in one step, so that nobody reads it half written. */
async function writeNew(file: string, text: string): Promise<boolean> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, text);
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Removes a stale owner file; one that another start has just replaced is put back. */
async function discard(owner: string): Promise<void> {
  const aside = `${owner}.${randomUUID()}`;
  await rename(owner, aside).catch(() => undefined);
  const mark = await readMark(aside);
  if (mark && isRunning(mark)) await link(aside, owner).catch(() => undefined);
  await rm(aside, { force: true });
}

async function readMark(
  file: string,
): Promise<(ProcessMark & { stopSignal?: NodeJS.Signals }) | undefined> {
  try {
    const mark = JSON.parse(await readFile(file, 'utf8'));
    return Number.isInteger(mark?.pid) && mark.pid > 1 ? mark : undefined;
  } catch {
    return undefined;
  }
}
