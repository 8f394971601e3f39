import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { EVERYTHING, NOTHING } from '../support/leftovers.ts';
import { s3Client } from '../support/store-clients.ts';
import { documentId, event, failure, person } from '../support/system.ts';
import { undoLab } from '../support/undo-lab.ts';
import { until } from '../support/until.ts';

/** What a correction removed comes back on request, stays there, and is not kept for ever. */

const lab = undoLab();
const { left, newest, correction, restored, restore, removed } = lab;

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
    await lab.system.push(
      failure(lab.ada, lab.document, { occurred_at: new Date().toISOString() }),
    );
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
    await lab.system.push(event(person('bob'), documentId(), { storage_key: lab.key }));
    await lab.system.applied();
    await lab.system.push(failure(lab.ada, lab.document));
    const { id, quarantine } = await correction('completed');
    expect(quarantine.map(({ store }: { store: string }) => store)).not.toContain('s3');
    const s3 = s3Client(lab.system.env);
    const Bucket = lab.system.env.S3_BUCKET;
    await s3.send(
      new PutObjectCommand({ Bucket, Key: lab.key, Body: 'what the other file has now' }),
    );
    s3.destroy();
    expect((await restore(id)).status).toBe(202);
    await restored();
    expect(await left()).toEqual(EVERYTHING);
  });

  it('what is newer is never overwritten', async () => {
    const { id } = await removed();
    const { S3_BUCKET: Bucket } = lab.system.env;
    const s3 = s3Client(lab.system.env);
    await s3.send(new PutObjectCommand({ Bucket, Key: lab.key, Body: 'newer' }));
    s3.destroy();
    const refused = await restore(id);
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('something newer stands in s3');
    expect(await left()).toEqual({ s3: true, chroma: 0, cms: false });
  });

  it('a worker that finds something newer writes nothing and tells an operator', async () => {
    const { id } = await removed();
    const queue = lab.system.deps.producer.queue('correction-restore');
    await queue.pause();
    expect((await restore(id)).status).toBe(202);
    const data = { documentId: lab.document, name: 'somebody else put it there' };
    await lab.system.cms.call('POST', '/api/files', { data });
    await queue.resume();
    expect((await restored('refused')).restore.reason).toContain('newer stands in cms');
    expect(await left()).toEqual({ ...NOTHING, cms: true });
    await until('an operator is told', async () => {
      const mails = await lab.system.inbox(lab.operator);
      return mails.some(({ text }) => text.includes(lab.document) && text.includes('put back'));
    });
  });

  it('of what was not there is nothing to put back, and says so', async () => {
    const nobody = documentId('nobody');
    const request = {
      file_document_id: nobody,
      failure_category: 'storage_error',
      error_message: 'x',
    };
    const { body } = await lab.system.call('POST', '/api/corrections', request);
    lab.document = nobody;
    await correction('completed');
    const refused = await restore(body.data.id);
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('nothing of it was put into quarantine');
    expect((await restore(999_999_999)).status).toBe(404);
  });
});

it('expires: nothing is left in the quarantine, and a restore is refused', async () => {
  const { id } = await removed();
  const { config, db } = lab.system.deps;
  const prefix = `${config.CORRECTION_QUARANTINE_PREFIX}${id}/`;
  const { sql } = db;
  const places = await sql<{ place: string }[]>`
    select place from correction_quarantines where correction_id = ${id}`;
  expect(places.every(({ place }) => place.startsWith(prefix))).toBe(true);
  await sql`
    update correction_quarantines set expires_at = now() - interval '1 second'
    where correction_id = ${id}`;
  const refused = await restore(id);
  expect(refused.status).toBe(409);
  expect(refused.body.detail).toContain('expired');
  // The rows of copies that were one too many go with them.
  await until('it is purged', async () => {
    const [left] = await sql`
      select from correction_quarantines where correction_id = ${id} and state <> 'purged'`;
    return !left;
  });
  const { quarantine } = await newest();
  expect(quarantine.every(({ state }: { state: string }) => state === 'purged')).toBe(true);
  expect(await lab.system.deps.quarantine.purge(prefix)).toBe(0);
  expect((await restore(id)).status).toBe(409);
});

it('of which a part has expired is not put back as if it were whole', async () => {
  const { id } = await removed();
  await lab.system.deps.db.sql`
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
  const { save } = lab.system.deps.quarantine;
  lab.system.deps.quarantine.save = async (store, ...more) => {
    // As if the record had to wait for a day.
    if (store === 'cms')
      await lab.system.deps.db.sql`
        update correction_quarantines q set expires_at = q.expires_at - interval '1 day'
        from auto_correction_tasks t where t.id = q.correction_id and q.state = 'held'
          and t.file_document_id = ${lab.document}`;
    return save(store, ...more);
  };
  const { quarantine } = await removed().finally(() => {
    lab.system.deps.quarantine.save = save;
  });
  expect(quarantine).toHaveLength(3);
  const ends = quarantine.map(({ expires_at }: { expires_at: string }) => expires_at);
  expect(new Set(ends).size).toBe(1);
});

it('what was put back is not removed by the second look of another correction of the file', async () => {
  const { id } = await removed();
  const asked = await lab.system.call('POST', '/api/corrections', {
    file_document_id: lab.document,
    storage_key: lab.key,
    failure_category: 'processing_error',
    error_message: 'asked for once more',
  });
  const other = asked.body.data.id;
  await correction('completed');
  expect((await newest()).id).toBe(other);
  await restore(id);
  await until('it is restored', async () => {
    const { body } = await lab.system.call('GET', `/api/corrections/${id}`);
    return body.data.restore.status === 'completed';
  });
  expect((await newest()).second_look_at).toBeNull();
  const { sql } = lab.system.deps.db;
  await sql`update correction_second_looks set look_at = now() where correction_id = ${other}`;
  await until('the look was had', async () => {
    const rows = await sql`
      select from correction_second_looks where correction_id = ${other} and looks = 1`;
    return rows.length > 0;
  });
  expect((await newest()).status).toBe('completed');
  expect(await left()).toEqual(EVERYTHING);
});
