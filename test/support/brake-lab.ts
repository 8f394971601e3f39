import type { Worker } from 'bullmq';
import { afterEach, expect } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { type Deps, openDeps } from '../../src/deps.ts';
import type { QueueName } from '../../src/queues/registry.ts';
import { startWorkers } from '../../src/workers/start-workers.ts';
import { EVERYTHING, type Leftovers, NOTHING, openLeftovers } from './leftovers.ts';
import { stackEnv } from './stack-env.ts';
import { type System, startSystem } from './system.ts';

/** Several worker processes that correct at the same time, and what they have removed. */

export interface BrakeLab {
  system: System;
  leftovers: Leftovers;
}

const opened: (() => Promise<unknown>)[] = [];

/** Call once at the top of a test file. */
export function stopAfterEach(): void {
  afterEach(async () => {
    for (const stop of opened.splice(0).reverse()) await stop();
  });
}

/**
 * @param env what differs from a system that nothing slows down but the brake
 * @param workers how many take jobs of `queues` at the same time; the first takes all others as well
 */
export async function startBraked(
  env: Record<string, string>,
  workers: number,
  queues: QueueName[],
): Promise<BrakeLab> {
  const leftovers = await openLeftovers(stackEnv());
  opened.push(leftovers.close);
  const system = await startSystem({ env: { CHROMA_COLLECTION: leftovers.collection, ...env } });
  opened.push(system.stop);
  for (let nth = 1; nth < workers; nth += 1) {
    const deps = openDeps(loadConfig(system.env), `worker-${nth}`);
    const started = startWorkers(deps, queues);
    opened.push(() => end(started, deps));
  }
  return { system, leftovers };
}

async function end(workers: Worker[], deps: Deps): Promise<void> {
  await Promise.all(workers.map((worker) => worker.close()));
  await deps.close();
}

/** How many of the files have lost everything; none may have lost a part. */
export async function removed(
  { system, leftovers }: BrakeLab,
  documents: string[],
): Promise<number> {
  const left = await Promise.all(documents.map((document) => leftovers.left(document, system.cms)));
  const like = (state: object) =>
    left.filter((one) => JSON.stringify(one) === JSON.stringify(state)).length;
  const gone = like(NOTHING);
  expect(gone + like(EVERYTHING)).toBe(documents.length);
  return gone;
}
