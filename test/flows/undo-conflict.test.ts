import { describe, expect, it } from 'vitest';
import { EVERYTHING, NOTHING } from '../support/leftovers.ts';
import { event, failure } from '../support/system.ts';
import { undoLab } from '../support/undo-lab.ts';
import { until } from '../support/until.ts';

/**
 * A file that goes on while or after it is corrected: where it succeeds everything comes back by itself,
 * and nothing once it is not the failed one any more.
 */

const lab = undoLab();
const { left, newest, correction, restored, restore, removed } = lab;

it('a success that arrives while a delete is in flight brings everything back by itself', async () => {
  const { chroma } = lab.system.deps.stores;
  const { remove } = chroma;
  chroma.remove = async (...asked) => {
    const answer = await remove(...asked);
    chroma.remove = remove;
    await lab.system.push(event(lab.ada, lab.document));
    await lab.system.applied();
    return answer;
  };
  await lab.system.push(failure(lab.ada, lab.document, { occurred_at: '2026-01-01T10:00:00Z' }));
  const task = await restored();
  expect(task).toMatchObject({ status: 'cancelled', conflict: true });
  expect(task.restore.requested_by).toBe('conflict');
  expect(await left()).toEqual(EVERYTHING);
});

describe('a file that is not the failed one any more', () => {
  const begun = { processing_stage: 'processing', status: 'processing' };
  const long_ago = { occurred_at: '2026-01-01T10:00:00Z' };
  const deletion = () => ({
    action: 'delete',
    file_document_id: lab.document,
    company_id: 1,
    bot_id: 1,
    user_email: lab.ada,
  });
  async function pushed(one: object) {
    await lab.system.push(one);
    await lab.system.applied();
  }
  /** The file fails; right after its chunks were removed, something happens to it. */
  async function metBy(happening: () => object) {
    const { chroma } = lab.system.deps.stores;
    const { remove } = chroma;
    chroma.remove = async (...asked) => {
      const answer = await remove(...asked);
      chroma.remove = remove;
      await pushed(happening());
      return answer;
    };
    await lab.system.push(failure(lab.ada, lab.document, long_ago));
    return correction('cancelled');
  }
  const safe = async () => {
    const { body } = await lab.system.call('GET', `/api/files/${lab.document}/generation`);
    return body.data;
  };
  const waits = () =>
    until('the restore waits', async () => {
      const task = await newest();
      return task.restore?.reason?.includes('under way') && task;
    });

  it('that was deleted stays deleted', async () => {
    const queue = lab.system.deps.producer.queue('correction-restore');
    await queue.pause();
    await metBy(() => event(lab.ada, lab.document));
    await pushed(deletion());
    await queue.resume();
    expect((await restored('refused')).restore.reason).toBe('the file was deleted');
    expect(await left()).toEqual({ ...EVERYTHING, chroma: 0 });
  });

  it('that was deleted meanwhile: the stores after that get nothing', async () => {
    const { id } = await removed();
    const { putBack } = lab.system.deps.quarantine;
    lab.system.deps.quarantine.putBack = async (parts) => {
      lab.system.deps.quarantine.putBack = putBack;
      const answer = await putBack(parts);
      await pushed(deletion());
      return answer;
    };
    await restore(id);
    expect((await restored('failed')).restore.reason).toContain('the file was deleted');
    expect(await left()).toEqual({ ...NOTHING, s3: true });
  });

  it('that is ingested again: waits, lets the ingester write, and never mixes old with new', async () => {
    await metBy(() => event(lab.ada, lab.document, begun));
    await waits();
    expect(await left()).toEqual({ ...EVERYTHING, chroma: 0 });
    await until('the ingester may write', async () => (await safe()).safe_to_write);
    await lab.leftovers.chunk(lab.document, 'anew');
    await pushed(event(lab.ada, lab.document));
    expect((await restored('refused')).restore.reason).toContain('newer stands in chroma');
    expect(await left()).toEqual({ ...EVERYTHING, chroma: 1 });
  });

  it('that failed again: nothing comes back by itself', async () => {
    await metBy(() => event(lab.ada, lab.document, begun));
    await waits();
    await pushed(failure(lab.ada, lab.document));
    const { body } = await until('the first restore is refused', async () => {
      const { body } = await lab.system.call(
        'GET',
        `/api/corrections?file_document_id=${lab.document}`,
      );
      const first = await lab.system.call('GET', `/api/corrections/${body.data.at(-1).id}`);
      return first.body.data.restore.status === 'refused' && first;
    });
    expect(body.data.restore.reason).toMatch(/correction of the file is open|not succeeded/);
    expect((await correction('completed')).id).not.toBe(body.data.id);
    expect((await left()).chroma).toBe(0);
  });

  it('cannot be undone by an operator, who is told why', async () => {
    const { id } = await removed();
    await pushed(event(lab.ada, lab.document, begun));
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
    const queue = lab.system.deps.producer.queue('file-events');
    await queue.pause();
    await lab.system.push(event(lab.ada, lab.document, begun));
    const early = await restore(id);
    await queue.resume();
    expect(early.status).toBe(409);
    expect(early.body.detail).toContain('not applied yet');
  });
});
