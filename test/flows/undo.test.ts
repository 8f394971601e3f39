import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../src/stores/store-error.ts';
import { EVERYTHING, type Leftovers, NOTHING, openLeftovers } from '../support/leftovers.ts';
import { stackEnv } from '../support/stack-env.ts';
import { s3Client } from '../support/store-clients.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** What a correction removed comes back: on request, by itself after a conflict, and not for ever. */

let leftovers: Leftovers;
let system: System;
const operator = person('operator');
beforeAll(async () => {
  leftovers = await openLeftovers(stackEnv());
  system = await startSystem({
    env: {
      CHROMA_COLLECTION: leftovers.collection,
      CORRECTION_QUARANTINE_DAYS: '30',
      OPERATOR_EMAIL: operator,
    },
  });
});
afterAll(async () => {
  await system.stop();
  await leftovers.close();
});

let ada: string;
let document: string;
let key: string;
beforeEach(async () => {
  ada = person();
  document = documentId();
  key = await leftovers.put(document, system.cms);
});
const left = () => leftovers.left(document, system.cms);

const newest = async () => {
  const { body } = await system.call('GET', `/api/corrections?file_document_id=${document}`);
  const [task] = body.data;
  return task && (await system.call('GET', `/api/corrections/${task.id}`)).body.data;
};
const correction = (status: string) =>
  until(`a correction is ${status}`, async () => {
    const task = await newest();
    return task?.status === status && task;
  });
const restored = (status = 'completed') =>
  until(`the restore is ${status}`, async () => {
    const task = await newest();
    return task?.restore?.status === status && task;
  });
const restore = (id: number) => system.call('POST', `/api/corrections/${id}/restore`);
async function removed() {
  await system.push(failure(ada, document));
  const task = await correction('completed');
  expect(await left()).toEqual(NOTHING);
  return task;
}

describe('on request', () => {
  it('everything comes back where it was, and stays there', async () => {
    const task = await removed();
    const kept = task.quarantine.map(({ store, state, items }: Record<string, unknown>) => [
      store,
      state,
      items,
    ]);
    expect(kept.sort()).toEqual([
      ['chroma', 'held', 3],
      ['cms', 'held', 1],
      ['s3', 'held', 1],
    ]);
    const { status, body } = await restore(task.id);
    expect(status).toBe(202);
    expect(['pending', 'processing']).toContain(body.data.restore.status);
    const done = await restored();
    expect(await left()).toEqual(EVERYTHING);
    expect(done).toMatchObject({
      s3_cleanup_completed: false,
      chroma_cleanup_completed: false,
      cms_cleanup_completed: false,
      second_look_at: null,
    });
    const lines = done.execution_log.filter(
      (entry: { action: string }) => entry.action === 'restore',
    );
    expect(lines).toMatchObject([{ count: 1 }, { count: 3 }, { count: 1 }]);
    expect((await restore(task.id)).status).toBe(202);
    await until('the second restore found everything in place', async () => {
      const { execution_log: log } = await newest();
      return log.filter(({ action }: { action: string }) => action === 'restore').length === 6;
    });
    expect(await left()).toEqual(EVERYTHING);
  });

  it('a restored file can be removed and restored again', async () => {
    const { id } = await removed();
    await restore(id);
    await restored();
    await system.push(failure(ada, document, { occurred_at: new Date().toISOString() }));
    const again = await until('the newer failure is corrected', async () => {
      const task = await newest();
      return task.id !== id && task.status === 'completed' && task;
    });
    expect(await left()).toEqual(NOTHING);
    await restore(again.id);
    await restored();
    expect(await left()).toEqual(EVERYTHING);
  });

  it('what stayed for another file is not kept, and keeps nothing else from coming back', async () => {
    await system.push(event(person('bob'), documentId(), { storage_key: key }));
    await system.applied();
    await system.push(failure(ada, document));
    const { id, quarantine } = await correction('completed');
    expect(quarantine.map(({ store }: { store: string }) => store)).not.toContain('s3');
    const s3 = s3Client(system.env);
    const Bucket = system.env.S3_BUCKET;
    await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: 'what the other file has now' }));
    s3.destroy();
    expect((await restore(id)).status).toBe(202);
    await restored();
    expect(await left()).toEqual(EVERYTHING);
  });

  it('what is newer is never overwritten', async () => {
    const { id } = await removed();
    const { S3_BUCKET: Bucket } = system.env;
    const s3 = s3Client(system.env);
    await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: 'newer' }));
    s3.destroy();
    const refused = await restore(id);
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('something newer stands in s3');
    expect(await left()).toEqual({ s3: true, chroma: 0, cms: false });
  });

  it('a worker that finds something newer writes nothing and tells an operator', async () => {
    const { id } = await removed();
    const queue = system.deps.producer.queue('correction-restore');
    await queue.pause();
    expect((await restore(id)).status).toBe(202);
    const data = { documentId: document, name: 'somebody else put it there' };
    await system.cms.call('POST', '/api/files', { data });
    await queue.resume();
    expect((await restored('refused')).restore.reason).toContain('newer stands in cms');
    expect(await left()).toEqual({ ...NOTHING, cms: true });
    await until('an operator is told', async () => {
      const mails = await system.inbox(operator);
      return mails.some(({ text }) => text.includes(document) && text.includes('put back'));
    });
  });

  it('of what was not there is nothing to put back, and says so', async () => {
    const nobody = documentId('nobody');
    const request = {
      file_document_id: nobody,
      failure_category: 'storage_error',
      error_message: 'x',
    };
    const { body } = await system.call('POST', '/api/corrections', request);
    document = nobody;
    await correction('completed');
    const refused = await restore(body.data.id);
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('nothing of it was put into quarantine');
    expect((await restore(999_999_999)).status).toBe(404);
  });
});

it('expires: nothing is left in the quarantine, and a restore is refused', async () => {
  const { id } = await removed();
  const prefix = `tidings-quarantine/${id}/`;
  const { sql } = system.deps.db;
  const places = await sql<{ place: string }[]>`
    select place from correction_quarantines where correction_id = ${id}`;
  expect(places.every(({ place }) => place.startsWith(prefix))).toBe(true);
  await sql`
    update correction_quarantines set expires_at = now() - interval '1 second'
    where correction_id = ${id}`;
  const refused = await restore(id);
  expect(refused.status).toBe(409);
  expect(refused.body.detail).toContain('expired');
  await until('it is purged', async () => {
    const { quarantine } = await newest();
    return quarantine.every(({ state }: { state: string }) => state === 'purged');
  });
  expect(await system.deps.quarantine.purge(prefix)).toBe(0);
  expect((await restore(id)).status).toBe(409);
});

it('of which a part has expired is not put back as if it were whole', async () => {
  const { id } = await removed();
  await system.deps.db.sql`
    update correction_quarantines set expires_at = now() - interval '1 second'
    where correction_id = ${id} and store = 'chroma'`;
  await until('the chunks are purged', async () => {
    const { quarantine } = await newest();
    return quarantine.some(({ state }: { state: string }) => state === 'purged');
  });
  const refused = await restore(id);
  expect(refused.status).toBe(409);
  expect(refused.body.detail).toContain('what was kept of it has expired (chroma)');
  expect(await left()).toEqual(NOTHING);
});

it('all of it is kept until the last part has had its time, however long the steps took', async () => {
  const { save } = system.deps.quarantine;
  system.deps.quarantine.save = async (store, ...more) => {
    // As if the record had to wait for a day.
    if (store === 'cms')
      await system.deps.db.sql`
        update correction_quarantines q set expires_at = q.expires_at - interval '1 day'
        from auto_correction_tasks t where t.id = q.correction_id and q.state = 'held'
          and t.file_document_id = ${document}`;
    return save(store, ...more);
  };
  const { quarantine } = await removed().finally(() => {
    system.deps.quarantine.save = save;
  });
  expect(quarantine).toHaveLength(3);
  const ends = quarantine.map(({ expires_at }: { expires_at: string }) => expires_at);
  expect(new Set(ends).size).toBe(1);
});

it('a success that arrives while a delete is in flight brings everything back by itself', async () => {
  const { chroma } = system.deps.stores;
  const { remove } = chroma;
  chroma.remove = async (...asked) => {
    const answer = await remove(...asked);
    chroma.remove = remove;
    await system.push(event(ada, document));
    await system.applied();
    return answer;
  };
  await system.push(failure(ada, document, { occurred_at: '2026-01-01T10:00:00Z' }));
  const task = await restored();
  expect(task).toMatchObject({ status: 'cancelled', conflict: true });
  expect(task.restore.requested_by).toBe('conflict');
  expect(await left()).toEqual(EVERYTHING);
});

it('what was put back is not removed by the second look of another correction of the file', async () => {
  const { id } = await removed();
  const asked = await system.call('POST', '/api/corrections', {
    file_document_id: document,
    storage_key: key,
    failure_category: 'processing_error',
    error_message: 'asked for once more',
  });
  const other = asked.body.data.id;
  await correction('completed');
  expect((await newest()).id).toBe(other);
  await restore(id);
  await until('it is restored', async () => {
    const { body } = await system.call('GET', `/api/corrections/${id}`);
    return body.data.restore.status === 'completed';
  });
  expect((await newest()).second_look_at).toBeNull();
  const { sql } = system.deps.db;
  await sql`update correction_second_looks set look_at = now() where correction_id = ${other}`;
  await until('the look was had', async () => {
    const rows = await sql`
      select from correction_second_looks where correction_id = ${other} and looks = 1`;
    return rows.length > 0;
  });
  expect((await newest()).status).toBe('completed');
  expect(await left()).toEqual(EVERYTHING);
});

it('the timeline tells when it was removed, when it was put back, and at whose request', async () => {
  const { id } = await removed();
  await restore(id);
  await restored();
  const { body } = await system.call('GET', `/api/files/${document}/timeline`);
  const told = body.data.filter(({ kind }: { kind: string }) =>
    ['correction', 'restore'].includes(kind),
  );
  expect(told).toMatchObject([
    { kind: 'correction', what: 'created', detail: { correction_id: id } },
    { kind: 'correction', what: 'completed', detail: { correction_id: id, status: 'completed' } },
    { kind: 'restore', what: 'requested', detail: { correction_id: id } },
    { kind: 'restore', what: 'completed', detail: { requested_by: 'operator', reason: null } },
  ]);
});

it('its owner reads in the next summary that it was put back', async () => {
  const { id } = await removed();
  await system.makeDue(ada);
  await system.mails(ada);
  await restore(id);
  await restored();
  const owner = { company_id: 1, bot_id: 1, user_email: ada };
  await system.call('POST', '/api/summaries', { ...owner, period: 'day' });
  const summary = await until('the summary arrives', async () =>
    (await system.inbox(ada)).find(({ subject }) => subject.startsWith('Your day')),
  );
  const text = summary.text.replace(/\s+/g, ' ');
  expect(text).toContain('Put back in file storage, the search index, and the CMS.');
  expect(text).not.toContain('Still being removed');
});

describe('half-way', () => {
  const refused = () =>
    new StoreError({
      store: 'cms',
      operation: 'file record',
      code: 400,
      configuration: false,
      blames: 'file',
      advice: 'the record is refused',
    });

  it('a restore that fails says what is back, and the correction can be retried', async () => {
    const { id } = await removed();
    const { createFile } = system.deps.cms;
    system.deps.cms.createFile = () => Promise.reject(refused());
    await restore(id);
    const task = await restored('failed').finally(() => {
      system.deps.cms.createFile = createFile;
    });
    expect(task.restore.reason).toContain('parts may have been put back');
    expect(await left()).toEqual({ ...EVERYTHING, cms: false });
    expect(task).toMatchObject({ s3_cleanup_completed: false, chroma_cleanup_completed: false });
    expect((await system.call('POST', `/api/corrections/${id}/retry`)).status).toBe(202);
    const again = await until('it is removed again', async () => {
      const seen = await newest();
      return seen.status === 'completed' && seen.chroma_cleanup_completed && seen;
    });
    expect(again.s3_cleanup_completed).toBe(true);
    expect(await left()).toEqual(NOTHING);
  });

  it('a correction cannot be run while what it removed is being put back', async () => {
    const { deleteFile } = system.deps.cms;
    system.deps.cms.deleteFile = () => Promise.reject(refused());
    await system.push(failure(ada, document));
    const { id } = await correction('failed').finally(() => {
      system.deps.cms.deleteFile = deleteFile;
    });
    const queue = system.deps.producer.queue('correction-restore');
    await queue.pause();
    const asked = await restore(id);
    const early = await system.call('POST', `/api/corrections/${id}/retry`);
    await queue.resume();
    expect(asked.status).toBe(202);
    expect(early.status).toBe(409);
    expect(early.body.detail).toContain('being put back');
    expect((await restored()).status).toBe('failed');
    expect(await left()).toEqual(EVERYTHING);
    expect((await system.call('POST', `/api/corrections/${id}/retry`)).status).toBe(202);
    await correction('completed');
    expect(await left()).toEqual(NOTHING);
  });

  it('a restore that is overtaken has failed, for nothing was written where it is refused', async () => {
    const { id } = await removed();
    const { putBack } = system.deps.quarantine;
    system.deps.quarantine.putBack = async (parts) => {
      system.deps.quarantine.putBack = putBack;
      const answer = await putBack(parts);
      const data = { documentId: document, name: 'somebody else put it there' };
      await system.cms.call('POST', '/api/files', { data });
      return answer;
    };
    await restore(id);
    const task = await restored('failed');
    expect(task.restore.reason).toContain('newer stands in cms');
    expect(task.s3_cleanup_completed).toBe(false);
    expect((await left()).s3).toBe(true);
  });

  it('a correction that was undone altogether cannot be retried', async () => {
    const { id } = await removed();
    await restore(id);
    await restored();
    expect((await system.call('POST', `/api/corrections/${id}/retry`)).status).toBe(409);
    expect(await left()).toEqual(EVERYTHING);
  });
});

describe('a file that is not the failed one any more', () => {
  const begun = { processing_stage: 'processing', status: 'processing' };
  const long_ago = { occurred_at: '2026-01-01T10:00:00Z' };
  const deletion = () => ({
    action: 'delete',
    file_document_id: document,
    company_id: 1,
    bot_id: 1,
    user_email: ada,
  });
  async function pushed(one: object) {
    await system.push(one);
    await system.applied();
  }
  /** The file fails; right after its chunks were removed, something happens to it. */
  async function metBy(happening: () => object) {
    const { chroma } = system.deps.stores;
    const { remove } = chroma;
    chroma.remove = async (...asked) => {
      const answer = await remove(...asked);
      chroma.remove = remove;
      await pushed(happening());
      return answer;
    };
    await system.push(failure(ada, document, long_ago));
    return correction('cancelled');
  }
  const safe = async () => {
    const { body } = await system.call('GET', `/api/files/${document}/generation`);
    return body.data;
  };
  const waits = () =>
    until('the restore waits', async () => {
      const task = await newest();
      return task.restore?.reason?.includes('under way') && task;
    });

  it('that was deleted stays deleted', async () => {
    const queue = system.deps.producer.queue('correction-restore');
    await queue.pause();
    await metBy(() => event(ada, document));
    await pushed(deletion());
    await queue.resume();
    expect((await restored('refused')).restore.reason).toBe('the file was deleted');
    expect(await left()).toEqual({ ...EVERYTHING, chroma: 0 });
  });

  it('that was deleted meanwhile: the stores after that get nothing', async () => {
    const { id } = await removed();
    const { putBack } = system.deps.quarantine;
    system.deps.quarantine.putBack = async (parts) => {
      system.deps.quarantine.putBack = putBack;
      const answer = await putBack(parts);
      await pushed(deletion());
      return answer;
    };
    await restore(id);
    expect((await restored('failed')).restore.reason).toContain('the file was deleted');
    expect(await left()).toEqual({ ...NOTHING, s3: true });
  });

  it('that is ingested again: waits, lets the ingester write, and never mixes old with new', async () => {
    await metBy(() => event(ada, document, begun));
    await waits();
    expect(await left()).toEqual({ ...EVERYTHING, chroma: 0 });
    await until('the ingester may write', async () => (await safe()).safe_to_write);
    await leftovers.chunk(document, 'anew');
    await pushed(event(ada, document));
    expect((await restored('refused')).restore.reason).toContain('newer stands in chroma');
    expect(await left()).toEqual({ ...EVERYTHING, chroma: 1 });
  });

  it('that failed again: nothing comes back by itself', async () => {
    await metBy(() => event(ada, document, begun));
    await waits();
    await pushed(failure(ada, document));
    const { body } = await until('the first restore is refused', async () => {
      const { body } = await system.call('GET', `/api/corrections?file_document_id=${document}`);
      const first = await system.call('GET', `/api/corrections/${body.data.at(-1).id}`);
      return first.body.data.restore.status === 'refused' && first;
    });
    expect(body.data.restore.reason).toMatch(/correction of the file is open|not succeeded/);
    expect((await correction('completed')).id).not.toBe(body.data.id);
    expect((await left()).chroma).toBe(0);
  });

  it('cannot be undone by an operator, who is told why', async () => {
    const { id } = await removed();
    await pushed(event(ada, document, begun));
    const busy = await restore(id);
    expect(busy.status).toBe(409);
    expect(busy.body.detail).toContain('an ingestion of the file is under way');
    await pushed(deletion());
    const gone = await restore(id);
    expect(gone.status).toBe(409);
    expect(gone.body.detail).toContain('the file was deleted');
    expect(await left()).toEqual(NOTHING);
  });

  it('of which an event is not applied yet cannot be undone', async () => {
    const { id } = await removed();
    const queue = system.deps.producer.queue('file-events');
    await queue.pause();
    await system.push(event(ada, document, begun));
    const early = await restore(id);
    await queue.resume();
    expect(early.status).toBe(409);
    expect(early.body.detail).toContain('not applied yet');
  });
});

it('survives the loss of everything Redis knew', async () => {
  const { id } = await removed();
  const queue = system.deps.producer.queue('correction-restore');
  await queue.pause();
  await restore(id);
  await queue.obliterate({ force: true });
  await queue.resume();
  await restored();
  expect(await left()).toEqual(EVERYTHING);
});

it('is told as it was at one moment, whatever happens while it is read', async () => {
  const { id } = await removed();
  const { sql } = system.deps.db;
  let asked: ReturnType<typeof newest> | undefined;
  await sql.begin(async (tx) => {
    await tx`lock table correction_quarantines in access exclusive mode`;
    asked = newest();
    await until('the answer is half read', async () => {
      const rows = await sql`
        select from pg_stat_activity where wait_event_type = 'Lock'
          and datname = current_database() and query like '%from "correction_quarantines"%'`;
      return rows.length > 0;
    });
    await sql`
      with restored as (
        insert into correction_restores (correction_id, status, requested_by)
        values (${id}, 'completed', 'operator')
      )
      update auto_correction_tasks set s3_cleanup_completed = false where id = ${id}`;
  });
  expect(await asked).toMatchObject({ restore: null, s3_cleanup_completed: true });
  expect(await newest()).toMatchObject({
    restore: { status: 'completed' },
    s3_cleanup_completed: false,
  });
});

it('nothing is removed that could not be saved', async () => {
  const { save } = system.deps.quarantine;
  system.deps.quarantine.save = (store, ...more) =>
    store === 'chroma' ? Promise.reject(new Error('the disk is full')) : save(store, ...more);
  try {
    await system.push(failure(ada, document));
    await correction('failed');
    expect(await left()).toEqual({ s3: false, chroma: 3, cms: true });
  } finally {
    system.deps.quarantine.save = save;
  }
});
