import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyFileEvents } from '../../src/workers/apply-file-events.ts';
import { restoreCorrection } from '../../src/workers/restore-correction.ts';
import { runCorrection } from '../../src/workers/run-correction.ts';
import { haveSecondLook } from '../../src/workers/second-look.ts';
import { jobContext } from '../support/job-context.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { type Leftovers, leftoversOf } from './leftovers.ts';

/** Operators move corrections while workers create, cancel, end and restore them: nobody waits in a circle. */

const FILES = 40;

let system: System;
let leftovers: Leftovers;
beforeAll(async () => {
  system = await startSystem({
    workers: false,
    env: {
      CHROMA_COLLECTION: 'correction-locks',
      CORRECTION_BRAKE_MAX_TASKS: '5',
      CORRECTION_QUARANTINE_DAYS: '1',
      AUTO_CORRECTION_DELAY_SECONDS: '3600',
      ENABLE_EMAIL_NOTIFICATIONS: 'false',
    },
  });
  leftovers = await leftoversOf(system);
});
afterAll(() => system?.stop());

/** Accepts the events. @returns what applies them */
async function accepted(events: object[]): Promise<() => Promise<void>> {
  const { event_id } = (await system.push(...events)).body.data.events[0];
  const [row] = await system.deps.db.sql<{ chunk_id: string }[]>`
    select chunk_id from file_events where event_id = ${event_id}`;
  return () => applyFileEvents(system.deps, row!, jobContext('contended'));
}

const at = (second: number) => ({ occurred_at: `2026-01-01T10:00:0${second}Z` });
const anew = async () => (await system.deps.metrics.transactionsLost.get()).values[0]?.value ?? 0;

/**
 * Lets several begin while somebody holds a task: each has locked what it locks before that one, and
 * waits. In different orders they would wait for each other ever after.
 */
async function meet(task: number, ways: (() => Promise<unknown>)[]): Promise<unknown[]> {
  const { sql } = system.deps.db;
  const waiting = (count: number) => async () => {
    const rows = await sql`
      select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
    return rows.length === count;
  };
  const before = await anew();
  let met: Promise<unknown[]> | undefined;
  await sql.begin(async (tx) => {
    await tx`select from auto_correction_tasks where id = ${task} for update`;
    const begun: Promise<unknown>[] = [];
    for (const way of ways) {
      begun.push(way());
      await until('one more waits for a lock', waiting(begun.length));
    }
    met = Promise.all(begun);
    met.catch(() => {});
  });
  const answers = await met!;
  expect(await anew()).toBe(before);
  return answers;
}

describe.each([
  ['as they failed', 1],
  ['the other way round', 2],
])('files that succeed %s', (order, company_id) => {
  it('do not keep their brake from being released', async () => {
    const [ada, documents] = [person(), Array.from({ length: FILES }, () => documentId())];
    const events = (of: typeof event, second: number) =>
      documents.map((document) => of(ada, document, { ...at(second), company_id }));
    await (await accepted(events(failure, 0)))();
    const tasks = await system.deps.db.sql<{ id: number; held_by: string }[]>`
      select id, held_by from auto_correction_tasks where company_id = ${company_id} order by id`;
    expect(tasks.filter(({ held_by }) => held_by !== null)).toHaveLength(FILES);
    const successes = events(event, 1);
    const apply = await accepted(order === 'as they failed' ? successes : successes.reverse());
    const [, reply] = await meet(tasks[FILES / 2]!.id, [
      apply,
      () => system.call('POST', `/api/corrections/brakes/company:${company_id}/release`),
    ]);
    expect(reply).toMatchObject({ status: 200, body: { data: { released_tasks: 0 } } });
  });
});

describe('a correction that was done', () => {
  async function corrected() {
    const [document, ada] = [documentId(), person()];
    const { storage_key } = await leftovers.put(document);
    await (await accepted([failure(ada, document, { storage_key, company_id: 3 })]))();
    const [task] = await system.deps.db.sql<{ id: number }[]>`
      update auto_correction_tasks set run_at = now() where user_email = ${ada} returning id`;
    await runCorrection(system.deps, { correction_id: task!.id });
    expect(await leftovers.left(document)).toEqual([]);
    return { document, id: task!.id };
  }
  const restore = (id: number) => () => system.call('POST', `/api/corrections/${id}/restore`);

  it('can be asked to be restored while a restore of it ends', async () => {
    const { document, id } = await corrected();
    expect(await restore(id)()).toMatchObject({ status: 202 });
    const [again] = await meet(id, [
      restore(id),
      () => restoreCorrection(system.deps, { correction_id: id }),
    ]);
    expect(again).toMatchObject({ status: 202 });
    expect(await leftovers.left(document)).toHaveLength(3);
  });

  it('can be asked to be restored while a second look finds something', async () => {
    const { document, id } = await corrected();
    await system.deps.db.sql`
      update correction_second_looks set look_at = now() where correction_id = ${id}`;
    await leftovers.put(document);
    const [reply] = await meet(id, [
      restore(id),
      () => haveSecondLook(system.deps, { correction_id: id }),
    ]);
    expect(reply).toMatchObject({ status: 202 });
    const { body } = await system.call('GET', `/api/corrections/${id}`);
    expect(body.data).toMatchObject({ status: 'completed', restore: { status: 'pending' } });
  });
});

it('transactions that wait in a circle all the same come through, one after the other', async () => {
  const { sql } = system.deps.db;
  await sql`create table circle as select n, 0 as count from generate_series(1, 2) n`;
  let both = 0;
  const add = (first: number, second: number) =>
    sql.begin(async (tx) => {
      await tx`update circle set count = count + 1 where n = ${first}`;
      both += 1;
      await until('both hold one', () => both >= 2);
      await tx`update circle set count = count + 1 where n = ${second}`;
    });
  const before = await anew();
  await Promise.all([add(1, 2), add(2, 1)]);
  expect(await sql`select count from circle`).toEqual([{ count: 2 }, { count: 2 }]);
  expect(await anew()).toBe(before + 1);
});
