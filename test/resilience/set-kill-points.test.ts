import type { Worker } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExecutionEntry } from '../../src/db/schema/corrections.ts';
import { queueNames } from '../../src/queues/registry.ts';
import { applyFileEvents } from '../../src/workers/apply-file-events.ts';
import { startWorkers } from '../../src/workers/start-workers.ts';
import { startSweeping } from '../../src/workers/sweep.ts';
import { jobContext } from '../support/job-context.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { bundleCrashingWorker } from './crash.ts';
import { dieAtEveryPoint, type KillPoint, nameOf } from './kill-everywhere.ts';
import type { Scenario } from './kill-scenarios.ts';
import { type Leftovers, leftoversOf } from './leftovers.ts';
import { expireLeases, underWay } from './settle.ts';

/**
 * A worker killed in the middle of a set: when the stores have removed some of its files, or all of
 * them and nobody has written it down, or two of three stores are written down.
 */

const FAILED = 3;

let system: System;
let leftovers: Leftovers;
let points: KillPoint[];
let bystander: string;
let workers: Worker[] = [];
let sweeping: { stop(): Promise<void> } | undefined;

beforeAll(async () => {
  system = await startSystem({
    workers: false,
    // Two requests to remove the six chunks of the three files.
    env: { CHROMA_COLLECTION: 'set-kill-points', CHROMA_PAGE_SIZE: '4' },
  });
  leftovers = await leftoversOf(system);
  await bundleCrashingWorker();
  bystander = documentId('bystander');
  await leftovers.put(bystander);
  await apply(event(person(), bystander));
  // One at a time: each takes whatever is due, which must be its own set.
  points = await dieAtEveryPoint(system.env, [setScenario], { atOnce: 1, sides: ['after'] });
  const { sql } = system.deps.db;
  await expireLeases(sql);
  await sql`update auto_correction_tasks set run_at = now() where status = 'pending'`;
  workers = startWorkers(system.deps, queueNames);
  sweeping = startSweeping(system.deps);
  await until('every event is applied and every correction at its end', async () => {
    const { events, corrections } = await underWay(sql);
    return !events && !corrections;
  });
}, 240_000);

afterAll(async () => {
  await sweeping?.stop();
  await Promise.all(workers.map((worker) => worker.close()));
  await system?.stop();
});

async function apply(...events: object[]): Promise<void> {
  const { event_id } = (await system.push(...events)).body.data.events[0];
  const [row] = await system.deps.db.sql<{ chunk_id: string }[]>`
    select chunk_id from file_events where event_id = ${event_id}`;
  await applyFileEvents(system.deps, row!, jobContext('setup'));
}

/** Three files failed; of a fourth that failed with them a success is accepted, and not applied yet. */
const setScenario: Scenario = {
  name: 'correct a set',
  queue: 'corrections',
  deletions: true,
  async prepare(owner) {
    const { sql } = system.deps.db;
    await sql`
      update auto_correction_tasks set run_at = now() + interval '1 hour' where status = 'pending'`;
    const documents = Array.from({ length: FAILED }, () => documentId('failed'));
    const mended = documentId('mended');
    const failures = [...documents, mended].map(async (document) => {
      const { storage_key } = await leftovers.put(document);
      // Of one file only the record knows the key.
      const told = document === documents[0] ? {} : { storage_key };
      return failure(owner, document, { ...told, occurred_at: '2026-01-01T10:00:00Z' });
    });
    await apply(...(await Promise.all(failures)));
    await system.push(event(owner, mended));
    const tasks = await sql<{ correction_id: number }[]>`
      select id as correction_id from auto_correction_tasks where user_email = ${owner} order by id`;
    expect(tasks).toHaveLength(FAILED + 1);
    return { payload: tasks[0]! };
  },
};

interface Corrected {
  file_document_id: string;
  status: string;
  conflict: boolean;
  execution_log: ExecutionEntry[];
}

/** @param name which of the documents */
async function wrongPoints(name: string, isRight: (task: Corrected) => Promise<boolean>) {
  const checks = points.map(async (point) => {
    const tasks = await system.deps.db.sql<Corrected[]>`
      select file_document_id, status, conflict, execution_log from auto_correction_tasks
      where user_email = ${point.person} and starts_with(file_document_id, ${name})`;
    const right = await Promise.all(tasks.map(isRight));
    const count = name === 'failed' ? FAILED : 1;
    return right.length === count && right.every(Boolean) ? [] : [nameOf(point)];
  });
  return (await Promise.all(checks)).flat();
}

describe('whatever a worker was killed in', () => {
  it('died between two deletions of the same set, and between any two records', () => {
    const [effects = []] = points.map((point) => point.effects);
    const count = (name: string) => effects.filter((effect) => effect === name).length;
    expect(count('a deletion of v2')).toBe(2);
    expect(count('a deletion of files')).toBe(FAILED);
    // A key is kept and three removals begin; the last step is written down together with the end.
    expect(count('update auto_correction_tasks')).toBe(6);
    expect(points).toHaveLength(effects.length);
  });

  it('nothing is left of what failed', async () => {
    const wrong = await wrongPoints('failed', async ({ file_document_id, status }) => {
      return status === 'completed' && (await leftovers.left(file_document_id)).length === 0;
    });
    expect(wrong).toEqual([]);
  });

  it('each step was proven once in the books', async () => {
    const wrong = await wrongPoints('failed', async ({ execution_log }) => {
      const proven = execution_log.filter(({ result }) => result === 'proven');
      const steps = proven.map(({ action }) => action).sort();
      return steps.join() === 'chroma_delete,cms_delete,s3_delete';
    });
    expect(wrong).toEqual([]);
  });

  it('nothing was removed that succeeded meanwhile, or that nobody asked about', async () => {
    const wrong = await wrongPoints('mended', async (task) => {
      const left = await leftovers.left(task.file_document_id);
      return task.status === 'cancelled' && !task.conflict && left.length === 3;
    });
    expect(wrong).toEqual([]);
    expect(await leftovers.left(bystander)).toHaveLength(3);
  });
});
