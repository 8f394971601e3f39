import { describe, expect, it } from 'vitest';
import { StoreError } from '../../src/stores/store-error.ts';
import { EVERYTHING, NOTHING } from '../support/leftovers.ts';
import { failure } from '../support/system.ts';
import { undoLab } from '../support/undo-lab.ts';
import { until } from '../support/until.ts';

/** What stands against undoing a correction, half-way or from the start, and what is told of it. */

const lab = undoLab();
const { left, newest, correction, restored, restore, removed } = lab;

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
    const { createFile } = lab.system.deps.cms;
    lab.system.deps.cms.createFile = () => Promise.reject(refused());
    await restore(id);
    const task = await restored('failed').finally(() => {
      lab.system.deps.cms.createFile = createFile;
    });
    expect(task.restore.reason).toContain('parts may have been put back');
    expect(await left()).toEqual({ ...EVERYTHING, cms: false });
    expect(task).toMatchObject({ s3_cleanup_completed: false, chroma_cleanup_completed: false });
    expect((await lab.system.call('POST', `/api/corrections/${id}/retry`)).status).toBe(202);
    const again = await until('it is removed again', async () => {
      const seen = await newest();
      return seen.status === 'completed' && seen.chroma_cleanup_completed && seen;
    });
    expect(again.s3_cleanup_completed).toBe(true);
    expect(await left()).toEqual(NOTHING);
  });

  it('a correction cannot be run while what it removed is being put back', async () => {
    const { deleteFile } = lab.system.deps.cms;
    lab.system.deps.cms.deleteFile = () => Promise.reject(refused());
    await lab.system.push(failure(lab.ada, lab.document));
    const { id } = await correction('failed').finally(() => {
      lab.system.deps.cms.deleteFile = deleteFile;
    });
    const queue = lab.system.deps.producer.queue('correction-restore');
    await queue.pause();
    const asked = await restore(id);
    const early = await lab.system.call('POST', `/api/corrections/${id}/retry`);
    await queue.resume();
    expect(asked.status).toBe(202);
    expect(early.status).toBe(409);
    expect(early.body.detail).toContain('being put back');
    expect((await restored()).status).toBe('failed');
    expect(await left()).toEqual(EVERYTHING);
    expect((await lab.system.call('POST', `/api/corrections/${id}/retry`)).status).toBe(202);
    await correction('completed');
    expect(await left()).toEqual(NOTHING);
  });

  it('a restore that is overtaken has failed, for nothing was written where it is refused', async () => {
    const { id } = await removed();
    const { putBack } = lab.system.deps.quarantine;
    lab.system.deps.quarantine.putBack = async (parts) => {
      lab.system.deps.quarantine.putBack = putBack;
      const answer = await putBack(parts);
      const data = { documentId: lab.document, name: 'somebody else put it there' };
      await lab.system.cms.call('POST', '/api/files', { data });
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
    expect((await lab.system.call('POST', `/api/corrections/${id}/retry`)).status).toBe(409);
    expect(await left()).toEqual(EVERYTHING);
  });
});

it('nothing is removed that could not be saved', async () => {
  const { save } = lab.system.deps.quarantine;
  lab.system.deps.quarantine.save = (store, ...more) =>
    store === 'chroma' ? Promise.reject(new Error('the disk is full')) : save(store, ...more);
  try {
    await lab.system.push(failure(lab.ada, lab.document));
    await correction('failed');
    expect(await left()).toEqual({ s3: false, chroma: 3, cms: true });
  } finally {
    lab.system.deps.quarantine.save = save;
  }
});

it('survives the loss of everything Redis knew', async () => {
  const { id } = await removed();
  const queue = lab.system.deps.producer.queue('correction-restore');
  await queue.pause();
  await restore(id);
  await queue.obliterate({ force: true });
  await queue.resume();
  await restored();
  expect(await left()).toEqual(EVERYTHING);
});

it('the timeline tells when it was removed, when it was put back, and at whose request', async () => {
  const { id } = await removed();
  await restore(id);
  await restored();
  const { body } = await lab.system.call('GET', `/api/files/${lab.document}/timeline`);
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
  await lab.system.makeDue(lab.ada);
  await lab.system.mails(lab.ada);
  await restore(id);
  await restored();
  const owner = { company_id: 1, bot_id: 1, user_email: lab.ada };
  await lab.system.call('POST', '/api/summaries', { ...owner, period: 'day' });
  const summary = await until('the summary arrives', async () =>
    (await lab.system.inbox(lab.ada)).find(({ subject }) => subject.startsWith('Your day')),
  );
  const text = summary.text.replace(/\s+/g, ' ');
  expect(text).toContain('Put back in file storage, the search index, and the CMS.');
  expect(text).not.toContain('Still being removed');
});

it('is told as it was at one moment, whatever happens while it is read', async () => {
  const { id } = await removed();
  const { sql } = lab.system.deps.db;
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
