import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Looking at and ending processes that may belong to an earlier run. */

/** A process by number and start time: numbers are used again, the pair is not. */
export interface ProcessMark {
  pid: number;
  started: string;
}

/** The mark of a running process, or undefined when there is none with that number. */
export function markOf(pid: number): ProcessMark | undefined {
  const started = process.platform === 'linux' ? startedOnLinux(pid) : startedByPs(pid);
  return started ? { pid, started } : undefined;
}

/** Whether exactly this process still runs. */
export function isRunning(mark: ProcessMark): boolean {
  return markOf(mark.pid)?.started === mark.started;
}

/** Sends a signal to the process group `pid` leads; a group that is gone is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Asks a process group to stop, and ends it by force when it has not within `graceMs`. */
export async function endGroup(mark: ProcessMark, signal: NodeJS.Signals, graceMs: number) {
  if (!isRunning(mark)) return;
  signalGroup(mark.pid, signal);
  const deadline = Date.now() + graceMs;
  while (isRunning(mark) && Date.now() < deadline) await pause(25);
  if (!isRunning(mark)) return;
  signalGroup(mark.pid, 'SIGKILL');
  while (isRunning(mark)) await pause(25);
}

/** Field 22 of /proc/PID/stat, in clock ticks since boot; a zombie (state Z) counts as gone. */
function startedOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in brackets and may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function startedByPs(pid: number): string | undefined {
  try {
    const options = ['-o', 'lstart=', '-p', String(pid)];
    return execFileSync('ps', options, { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}
