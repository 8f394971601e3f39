import { readFileSync } from 'node:fs';

/** Resident memory of a process in megabytes; NaN where the system does not say. */
export function memoryMb(pid: number): number {
  try {
    const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return Number(found?.[1] ?? Number.NaN) / 1024;
  } catch {
    return Number.NaN;
  }
}
