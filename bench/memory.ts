import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Backlog, openBacklog } from './backlog.ts';
import type { Bench, Running } from './bench.ts';
import type { Figure, Measured } from './figure.ts';

/**
 * Memory of a worker early and late in one life of it. Compared is what its heap holds right after a
 * major collection, the lowest of many looks while it works: what grows there is kept for good. Resident
 * memory is noted too, but follows how much room V8 takes before it collects, and that is a matter of how
 * much memory the machine has.
 */

const STEP = 10_000;
const MANY = 1_000_000;
const MANY_IN_SHORT = 80_000;
/** Collections come once in some 100,000 events: a window has to see one. */
const WINDOW = 200_000;
const WINDOW_IN_SHORT = 30_000;
const LOOK_EVERY_MS = 50;
const MB = 2 ** 20;

/** Resident memory of a process in megabytes; NaN where the system does not say. */
function residentMb(pid: number): number {
  try {
    const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return Number(found?.[1] ?? Number.NaN) / 1024;
  } catch {
    return Number.NaN;
  }
}

/** Megabytes in use on the worker's heap and beside it, as it says itself. */
async function usedMb(worker: Running): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${worker.port}/metrics`)).text();
  const gauge = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return (gauge('nodejs_heap_size_used_bytes') + gauge('nodejs_external_memory_bytes')) / MB;
}

/** Has so many events applied. @returns the lowest use of memory seen meanwhile */
async function lowestWhileApplying(worker: Running, backlog: Backlog, events: number) {
  let lowest = Number.POSITIVE_INFINITY;
  for (let applied = 0; applied < events; applied += STEP) {
    await backlog.fill(STEP);
    let draining = true;
    const drained = backlog.drain().finally(() => {
      draining = false;
    });
    while (draining) {
      lowest = Math.min(lowest, await usedMb(worker));
      await pause(LOOK_EVERY_MS);
    }
    await drained;
  }
  return lowest;
}

async function measureMemory(bench: Bench): Promise<Measured> {
  const env = await bench.freshEnv();
  const backlog = openBacklog(env);
  const worker = await bench.start('workers/main.js', env, ['--queues=file-events']);
  const [events, window] = bench.short ? [MANY_IN_SHORT, WINDOW_IN_SHORT] : [MANY, WINDOW];
  try {
    // What a process needs once: compiled code, connections, statements.
    await lowestWhileApplying(worker, backlog, STEP);
    const residentEarly = residentMb(worker.pid);
    const early = await lowestWhileApplying(worker, backlog, window);
    await lowestWhileApplying(worker, backlog, events - 2 * window - STEP);
    const late = await lowestWhileApplying(worker, backlog, window);
    const residentLate = residentMb(worker.pid);
    const resident = `resident ${residentEarly.toFixed(0)} and ${residentLate.toFixed(0)} MB`;
    return {
      rounds: [{ ours: late, bare: early }],
      notes: [`${events.toLocaleString('en')} events`, resident],
    };
  } finally {
    await worker.stop();
    await backlog.close();
  }
}

export const memory: Figure = {
  name: 'memory',
  what: 'what the heap of a worker keeps, after 1,000,000 events',
  beside: 'after 10,000',
  unit: 'MB',
  target: { atMost: 1.1 },
  measure: measureMemory,
};
