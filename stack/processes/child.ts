import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { logTail } from './log-tail.ts';
import type { Supervised, SupervisorReport } from './supervise.ts';

/** Starting a command that cannot outlive this process. */

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const supervisor = fileURLToPath(new URL('./supervise.ts', import.meta.url));

/** One command to run; `env` is added to this process's own environment. */
export interface ChildSpec {
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string | undefined>;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** The signal on which the program closes in good order; SIGTERM unless told otherwise. */
  stopSignal?: NodeJS.Signals;
  /** How long it may take to do so, in milliseconds; 10,000 unless told otherwise. */
  graceMs?: number;
}

/** A running command. */
export interface Child {
  name: string;
  /** Process id of the command itself, not of its supervisor. */
  pid: number;
  logFile: string;
  /** Settles when the command has ended, with how it ended. */
  ended: Promise<string>;
  stop(): Promise<void>;
}

/** The arguments with which node runs a TypeScript entry of this repository. */
export function typescriptEntry(url: URL): { command: string; args: string[] } {
  return { command: process.execPath, args: ['--import', tsx, fileURLToPath(url)] };
}

/** The same for a server; see `tell-connections.ts`. */
export function serverEntry(url: URL): { command: string; args: string[] } {
  const { command, args } = typescriptEntry(url);
  const tell = new URL('./tell-connections.ts', import.meta.url).href;
  return { command, args: [...args.slice(0, -1), '--import', tell, fileURLToPath(url)] };
}

/**
 * Starts a command under a supervisor. Output goes to `<dir>/logs/<name>.log`.
 * @param dir a folder with the sub-folders `logs` and `run`, see `claimDataDir`
 * @throws when the command cannot be started at all
 */
export async function startChild(spec: ChildSpec, dir: string): Promise<Child> {
  const logFile = join(dir, 'logs', `${spec.name}.log`);
  const supervised: Supervised = {
    command: spec.command,
    args: spec.args,
    cwd: spec.cwd,
    uid: spec.uid,
    gid: spec.gid,
    stopSignal: spec.stopSignal ?? 'SIGTERM',
    graceMs: spec.graceMs ?? 10_000,
    markFile: join(dir, 'run', `${spec.name}.json`),
  };
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, ['--import', tsx, supervisor, JSON.stringify(supervised)], {
    detached: true,
    env: { ...process.env, ...spec.env },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);

  let how = 'was ended together with its supervisor';
  const ended = new Promise<string>((resolve) => {
    child.once('error', () => resolve(how));
    child.once('exit', () => {
      // The channel may still hold the report of how the command ended.
      if (child.connected) child.once('disconnect', () => resolve(how));
      else resolve(how);
    });
  });
  const pid = await new Promise<number | undefined>((resolve) => {
    child.on('message', (message: SupervisorReport) => {
      if ('running' in message) resolve(message.running);
      else how = message.ended;
    });
    void ended.then(() => resolve(undefined));
  });
  if (pid === undefined)
    throw new Error(`${spec.name} ${how}.\n${await logTail(logFile)}`.trimEnd());
  return {
    name: spec.name,
    pid,
    logFile,
    ended,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
