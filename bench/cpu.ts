import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths, whatever the kernel's own tick. */
const TICKS_PER_SECOND = 100;
/** Where user and system time stand after the name of the command, which may hold spaces. */
const USER_TIME = 11;

/** CPU seconds the process has used so far; NaN where the system does not say. */
export function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[USER_TIME]) + Number(fields[USER_TIME + 1])) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}

/** CPU seconds of a process and of all that it started, as long as they run. */
export function cpuSecondsBelow(pid: number): number {
  const below = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    const parent = parentOf(Number(name));
    below.set(parent, [...(below.get(parent) ?? []), Number(name)]);
  }
  const family = [pid];
  for (const one of family) family.push(...(below.get(one) ?? []));
  return family.reduce((sum, one) => sum + (cpuSeconds(one) || 0), 0);
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}
