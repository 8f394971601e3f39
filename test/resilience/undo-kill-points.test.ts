import type { Worker } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldParts } from '../../src/db/queries/quarantines.ts';
import { queueNames } from '../../src/queues/registry.ts';
import { startWorkers } from '../../src/workers/start-workers.ts';
import { startSweeping } from '../../src/workers/sweep.ts';
import { type System, startSystem } from '../support/system.ts';
import { bundleCrashingWorker } from './crash.ts';
import { dieAtEveryPoint, type KillPoint, nameOf } from './kill-everywhere.ts';
import { type Leftovers, leftoversOf } from './leftovers.ts';
import { expireLeases, settled } from './settle.ts';
import { undoKillScenarios } from './undo-kill-scenarios.ts';

/** A worker killed around every effect of saving, restoring, looking again and purging. */

let system: System;
let leftovers: Leftovers;
let points: KillPoint[];
let workers: Worker[] = [];
let sweeping: { stop(): Promise<void> } | undefined;

beforeAll(async () => {
  system = await startSystem({
    workers: false,
    env: {
      CHROMA_COLLECTION: 'undo-kill-points',
      CORRECTION_QUARANTINE_DAYS: '1',
      // A job that took others with it would die at other points.
      CORRECTIONS_PER_RUN: '1',
    },
  });
  leftovers = await leftoversOf(system);
  await bundleCrashingWorker();
  points = await dieAtEveryPoint(system.env, undoKillScenarios(system, leftovers));
  const { sql } = system.deps.db;
  await expireLeases(sql);
  workers = startWorkers(system.deps, queueNames);
  sweeping = startSweeping(system.deps);
  await sql`update batch_processing_sessions set due_at = now() where status = 'processing'`;
  await settled(system);
}, 240_000);

afterAll(async () => {
  await sweeping?.stop();
  await Promise.all(workers.map((worker) => worker.close()));
  await system?.stop();
});

interface Corrected {
  id: number;
  file_document_id: string;
  status: string;
  restore: string | null;
}

async function wrongPoints(
  scenario: string | null,
  isRight: (task: Corrected) => Promise<boolean>,
): Promise<string[]> {
  const checks = points.map(async (point) => {
    if (scenario !== null && point.scenario.name !== scenario) return [];
    const [task] = await system.deps.db.sql<Corrected[]>`
      select t.id, t.file_document_id, t.status, r.status as restore
      from auto_correction_tasks t left join correction_restores r on r.correction_id = t.id
      where t.user_email = ${point.person}`;
    return task && (await isRight(task)) ? [] : [nameOf(point)];
  });
  return (await Promise.all(checks)).flat();
}

const partsOf = (id: number) => system.deps.db.sql<
  { store: string; place: string; state: string }[]
>`
  select store, place, state from correction_quarantines where correction_id = ${id}`;

describe('whatever a worker was killed in', () => {
  it('tried all four jobs', () => {
    expect(new Set(points.map(({ scenario }) => scenario.queue)).size).toBe(4);
    expect(points.length).toBeGreaterThan(30);
  });

  it('everything is put back that was to be, and no chunk is left of the rest', async () => {
    const wrong = await wrongPoints(null, async ({ file_document_id, status, restore }) => {
      const left = await leftovers.left(file_document_id);
      if (restore !== null) return restore === 'completed' && left.length === 3;
      return status === 'completed' && !left.includes('chroma');
    });
    expect(wrong).toEqual([]);
  });

  it('all that a correction removed can be put back afterwards', async () => {
    const { quarantine, db } = system.deps;
    const wrong = await wrongPoints('correct one store', async ({ id, file_document_id }) => {
      for (const store of ['s3', 'chroma', 'cms'])
        await quarantine.putBack(
          (await heldParts(db.sql, id)).filter((part) => part.store === store),
        );
      return (await leftovers.left(file_document_id)).length === 3;
    });
    expect(wrong).toEqual([]);
  });

  it('nothing is kept that has expired', async () => {
    const wrong = await wrongPoints('purge', async ({ id }) => {
      const parts = await partsOf(id);
      const found = await Promise.all(
        parts.map(({ place }) => system.deps.quarantine.purge(place)),
      );
      const states = new Set(parts.map(({ state }) => state));
      return (
        parts.length === 3 && states.has('purged') && states.size === 1 && !found.some(Boolean)
      );
    });
    expect(wrong).toEqual([]);
  });
});
