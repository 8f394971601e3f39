import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { markOf, signalGroup } from './process-table.ts';

/**
 * Entry of a supervisor: runs one command and lets it live exactly as long as the parent does. The
 * IPC channel to the parent closes whichever way the parent ends, SIGKILL included; then the
 * command is asked to stop, and ended by force when it does not. Its environment is the command's.
 */

/** What a supervisor is told, as JSON in its first argument. */
export interface Supervised {
  command: string;
  args: string[];
  cwd?: string;
  uid?: number;
  gid?: number;
  stopSignal: NodeJS.Signals;
  graceMs: number;
  /** Where the mark of the running command is kept for a later run to find. */
  markFile: string;
}

/** What a supervisor tells its parent. */
export type SupervisorReport = { running: number } | { ended: string };

const spec = JSON.parse(process.argv[2] ?? '') as Supervised;

function report(message: SupervisorReport, then: () => void = () => undefined): void {
  if (process.connected && process.send) process.send(message, then);
  else then();
}

function run() {
  const { command, args, cwd, uid, gid, stopSignal, graceMs, markFile } = spec;
  // A group of its own: Ctrl-C in a terminal must reach the parent alone, which stops in order.
  const child = spawn(command, args, {
    cwd,
    uid,
    gid,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  child.once('spawn', () => {
    const pid = child.pid as number;
    writeFileSync(markFile, JSON.stringify({ ...markOf(pid), stopSignal }));
    report({ running: pid });
    const stop = () => {
      child.kill(stopSignal);
      setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
    };
    process.once('disconnect', stop);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
    if (!process.connected) stop();
  });
  child.once('error', (error) => {
    report({ ended: `could not be started: ${error.message}` }, () => process.exit(127));
  });
  child.once('exit', (code, signal) => {
    if (child.pid) signalGroup(child.pid, 'SIGKILL');
    rmSync(markFile, { force: true });
    const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
    report({ ended: how }, () => process.exit(0));
  });
}

if (process.connected) run();
