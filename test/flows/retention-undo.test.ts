import { afterAll, beforeAll, expect, it } from 'vitest';
import { archiveOld } from '../../src/workers/archive.ts';
import { EVERYTHING, type Leftovers, NOTHING, openLeftovers } from '../support/leftovers.ts';
import { stackEnv } from '../support/stack-env.ts';
import { documentId, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** However old a correction is, it stays as long as something is kept of what it removed. */

let leftovers: Leftovers;
let system: System;
beforeAll(async () => {
  leftovers = await openLeftovers(stackEnv());
  const env = { CHROMA_COLLECTION: leftovers.collection, CORRECTION_QUARANTINE_DAYS: '30' };
  system = await startSystem({ env });
});
afterAll(async () => {
  await system.stop();
  await leftovers.close();
});

const detail = async (id: number) => await system.call('GET', `/api/corrections/${id}`);
const left = (document: string) => leftovers.left(document, system.cms);
const ask = (id: number) => system.call('POST', `/api/corrections/${id}/restore`);
const restored = (id: number) =>
  until('it is restored', async () => (await detail(id)).body.data.restore?.status === 'completed');

async function corrected(): Promise<{ document: string; id: number }> {
  const document = documentId();
  await leftovers.put(document, system.cms);
  await system.push(failure(person(), document));
  const task = await until('the correction is done', async () => {
    const query = `file_document_id=${document}&status=completed`;
    return (await system.call('GET', `/api/corrections?${query}`)).body.data[0];
  });
  expect(await left(document)).toEqual(NOTHING);
  return { document, id: task.id };
}

/** Lets the time of what was kept of a correction be over. */
const expire = (id: number) =>
  system.deps.db.sql`
    update correction_quarantines set expires_at = now() where correction_id = ${id}`;

it('goes only when nothing is kept any more, and can be undone until then', async () => {
  const { sql } = system.deps.db;
  const [held, waiting, undone, purged] = [
    await corrected(),
    await corrected(),
    await corrected(),
    await corrected(),
  ];
  await ask(undone.id);
  await restored(undone.id);
  const restores = system.deps.producer.queue('correction-restore');
  await restores.pause();
  expect((await ask(waiting.id)).status).toBe(202);
  await expire(purged.id);
  await sql`
    update auto_correction_tasks set created_at = created_at - interval '400 days',
      started_at = started_at - interval '400 days', completed_at = completed_at - interval '400 days'`;

  const isGone = async (id: number) => (await detail(id)).status === 404;
  await until('what was purged is gone', () => isGone(purged.id));
  await archiveOld(system.deps);
  for (const { id } of [held, waiting, undone]) expect(await isGone(id)).toBe(false);
  const rows = await sql<{ correction_id: number }[]>`
    select distinct correction_id from correction_quarantines order by correction_id`;
  expect(rows.map(({ correction_id }) => correction_id)).toEqual(
    [held.id, waiting.id, undone.id].sort((a, b) => a - b),
  );

  // What is asked for keeps its parts, also when their time is over meanwhile.
  await expire(waiting.id);
  await archiveOld(system.deps);
  expect((await detail(waiting.id)).body.data).toMatchObject({
    restore: { status: 'pending' },
    quarantine: [{ state: 'held' }, { state: 'held' }, { state: 'held' }],
  });
  await restores.resume();
  await restored(waiting.id);
  expect(await left(waiting.document)).toEqual(EVERYTHING);
  expect((await ask(held.id)).status).toBe(202);
  await restored(held.id);
  expect(await left(held.document)).toEqual(EVERYTHING);

  for (const { id } of [held, waiting, undone]) await expire(id);
  for (const { id } of [held, waiting, undone]) await until('it is gone, too', () => isGone(id));
  expect(await sql`select from correction_restores`).toHaveLength(0);
  expect(await sql`select from correction_quarantines`).toHaveLength(0);
  expect(await left(undone.document)).toEqual(EVERYTHING);
});
