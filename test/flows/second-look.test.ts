import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EVERYTHING, type Leftovers, NOTHING, openLeftovers } from '../support/leftovers.ts';
import { stackEnv } from '../support/stack-env.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** A slow ingester: what it asks before it writes, and what becomes of what it wrote all the same. */

let leftovers: Leftovers;
let system: System;
beforeAll(async () => {
  leftovers = await openLeftovers(stackEnv());
  system = await startSystem({
    env: { CHROMA_COLLECTION: leftovers.collection, CORRECTION_SECOND_LOOK_SECONDS: '3600' },
  });
});
afterAll(async () => {
  await system.stop();
  await leftovers.close();
});

let ada: string;
let document: string;
beforeEach(async () => {
  ada = person();
  document = documentId();
  await leftovers.put(document, system.cms);
});
const left = () => leftovers.left(document, system.cms);
const sql = () => system.deps.db.sql;

const newest = async () => {
  const { body } = await system.call('GET', `/api/corrections?file_document_id=${document}`);
  const [task] = body.data;
  return task && (await system.call('GET', `/api/corrections/${task.id}`)).body.data;
};
const correction = (what: string, seen: (task: Record<string, unknown>) => boolean) =>
  until(`a correction ${what}`, async () => {
    const task = await newest();
    return task && seen(task) && task;
  });
async function removed(): Promise<number> {
  await system.push(failure(ada, document));
  const { id } = await correction('is completed', ({ status }) => status === 'completed');
  return id;
}
const lookNow = (id: number) => sql()`
  update correction_second_looks set look_at = now() where correction_id = ${id}`;
const looked = (id: number, times: number) =>
  until(`${times} look(s) were had`, async () => {
    const [row] = await sql()<{ looks: number; look_at: Date | null }[]>`
      select looks, look_at from correction_second_looks where correction_id = ${id}`;
    return row?.looks === times && row;
  });

describe('the second look', () => {
  it('removes what a slow ingester wrote, and notes it', async () => {
    const id = await removed();
    await leftovers.put(document, system.cms);
    await lookNow(id);
    const task = await correction(
      'has removed it again',
      ({ status, second_look_at }) => status === 'completed' && second_look_at !== null,
    ).then(async () => {
      await looked(id, 1);
      return correction('is completed again', ({ status }) => status === 'completed');
    });
    expect(await left()).toEqual(NOTHING);
    const found = task.execution_log.filter(
      ({ action }: { action: string }) => action === 'second_look',
    );
    expect(found).toMatchObject([{ result: 'found', detail: expect.stringContaining('chroma 3') }]);
    expect(task.second_look_at).not.toBeNull();
  });

  it('is done when it finds nothing', async () => {
    const id = await removed();
    await lookNow(id);
    expect((await looked(id, 1)).look_at).toBeNull();
    expect((await newest()).status).toBe('completed');
  });

  it('leaves a file alone whose next ingestion has begun', async () => {
    const id = await removed();
    await leftovers.put(document, system.cms);
    const begun = { processing_stage: 'processing', status: 'processing' };
    await system.push(event(ada, document, begun));
    await system.applied();
    await lookNow(id);
    await looked(id, 1);
    expect(await left()).toEqual(EVERYTHING);
    expect((await newest()).status).toBe('completed');
  });

  it('waits for a store that is away, and survives the loss of Redis', async () => {
    const id = await removed();
    await leftovers.put(document, system.cms);
    const { s3 } = system.deps.stores;
    const { remaining } = s3;
    let asked = 0;
    s3.remaining = () => {
      asked += 1;
      return Promise.reject(new Error('object storage is away'));
    };
    await lookNow(id);
    await until('the look was put off', async () => {
      const task = await newest();
      return asked > 0 && Date.parse(task.second_look_at) > Date.now();
    });
    s3.remaining = remaining;
    await system.deps.producer.queue('second-look').obliterate({ force: true });
    await lookNow(id);
    await looked(id, 1);
    await until(
      'everything is gone',
      async () => (await left()).chroma === 0 && !(await left()).cms,
    );
  });
});

describe('whoever asks before writing', () => {
  const ask = async (query = '') => {
    const key = system.deps.config.INGESTION_SERVICE_API_KEY[0];
    return system.call('GET', `/api/files/${document}/generation${query}`, undefined, key);
  };
  const begun = { processing_stage: 'processing', status: 'processing' };
  const at = (second: number) => ({ occurred_at: `2026-01-01T00:00:0${second}Z` });

  it('is told whether its generation is the current one', async () => {
    expect((await ask()).status).toBe(404);
    await system.push(event(ada, document, { ...begun, ...at(1) }));
    await system.applied();
    const own = (await ask()).body.data;
    expect(own).toMatchObject({ generation: 1, safe_to_write: true, reason: 'ongoing' });
    await system.push(failure(ada, document, at(2)));
    await system.applied();
    expect((await ask('?generation=1')).body.data).toMatchObject({
      status: 'failed',
      safe_to_write: false,
      reason: 'generation_failed',
    });
    await correction('is completed', ({ status }) => status === 'completed');
    await system.push(event(ada, document, { ...begun, ...at(3) }));
    await system.applied();
    expect((await ask('?generation=1')).body.data).toMatchObject({
      generation: 2,
      safe_to_write: false,
      reason: 'generation_outdated',
      correction: { generation: 1, status: 'completed' },
    });
    expect((await ask('?generation=2')).body.data.safe_to_write).toBe(true);
    await system.push(event(ada, document, at(4)));
    await system.applied();
    expect((await ask()).body.data.reason).toBe('generation_succeeded');
  });

  it('waits for events that are not applied yet', async () => {
    const queue = system.deps.producer.queue('file-events');
    await queue.pause();
    await system.push(event(ada, document, begun));
    expect((await ask()).body.data).toMatchObject({
      generation: 0,
      events_pending: true,
      safe_to_write: false,
      reason: 'events_pending',
    });
    await queue.resume();
    await system.applied();
    expect((await ask()).body.data.safe_to_write).toBe(true);
  });

  it('waits while a correction or a restore of the file is at work', async () => {
    await system.push(event(ada, document, begun));
    await system.applied();
    const [task] = await sql()<{ id: number }[]>`
      insert into auto_correction_tasks (file_document_id, failure_category,
        original_error_message, correction_actions, status, run_at, lease_expires_at)
      values (${document}, 's3_error', 'x', '["s3_delete"]', 'processing', now(),
        now() + interval '1 hour') returning id`;
    expect((await ask()).body.data.reason).toBe('correction_running');
    await sql()`update auto_correction_tasks set status = 'completed' where id = ${task!.id}`;
    await sql()`
      insert into correction_restores (correction_id, requested_by, run_at, status, lease_expires_at)
      values (${task!.id}, 'operator', now(), 'processing', now() + interval '1 hour')`;
    expect((await ask()).body.data).toMatchObject({ reason: 'restore_running', restoring: true });
    // One that has not begun waits for the ingestion, not the other way round.
    await sql()`
      update correction_restores set status = 'pending', run_at = now() + interval '1 hour'
      where correction_id = ${task!.id}`;
    expect((await ask()).body.data).toMatchObject({ reason: 'ongoing', restoring: false });
  });

  it('is told of a correction that somebody asked for', async () => {
    await system.push(event(ada, document, { ...begun, ...at(1) }));
    await system.applied();
    expect((await ask()).body.data.open_correction).toBeNull();
    const queue = system.deps.producer.queue('corrections');
    await queue.pause();
    const request = {
      file_document_id: document,
      failure_category: 'processing_error',
      error_message: 'x',
    };
    const { id } = (await system.call('POST', '/api/corrections', request)).body.data;
    const open = { id, generation: 1, status: 'pending' };
    expect((await ask()).body.data).toMatchObject({
      open_correction: open,
      safe_to_write: false,
      reason: 'generation_failed',
    });
    await system.push(event(ada, document, { ...begun, ...at(2) }));
    await system.applied();
    await queue.resume();
    await correction('was refused', ({ status }) => status === 'cancelled');
    expect((await ask()).body.data).toMatchObject({
      safe_to_write: true,
      open_correction: null,
      correction: { id, status: 'cancelled', cancel_reason: 'its ingestion is under way' },
    });
  });

  it('says whose file it is where several have it', async () => {
    const bob = person('bob');
    await system.push(event(ada, document, begun), event(bob, document, { ...begun, bot_id: 2 }));
    await system.applied();
    const ambiguous = await ask();
    expect(ambiguous.status).toBe(409);
    expect(JSON.stringify(ambiguous.body)).not.toContain(ada);
    expect((await ask('?bot_id=2')).body.data.safe_to_write).toBe(true);
    expect((await ask(`?user_email=${encodeURIComponent(ada)}`)).status).toBe(200);
    expect((await ask('?bot_id=3')).status).toBe(404);
    expect((await ask('?bot_id=nine')).status).toBe(400);
  });
});
