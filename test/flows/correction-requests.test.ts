import { describe, expect, it } from 'vitest';
import { correctionLab, storageError } from '../support/correction-lab.ts';
import { EVERYTHING, NOTHING } from '../support/leftovers.ts';
import { event, failure, person } from '../support/system.ts';
import { until } from '../support/until.ts';

/** A correction that a producer asks for removes nothing of a file that goes on, or is somebody else's. */

const lab = correctionLab();
const { runningWith, left, tasks, task, fails } = lab;

describe('a request for a file that somebody else has', () => {
  runningWith({});

  it('removes nothing, whatever generation either is in', async () => {
    const bob = person('bob');
    await lab.system.push(event(bob, lab.document));
    await lab.system.applied();
    const at = (second: number) => ({ occurred_at: `2026-01-01T00:00:0${second}Z` });
    await lab.system.push(
      failure(lab.ada, lab.document, at(1)),
      failure(lab.ada, lab.document, at(2)),
    );
    await task('cancelled');
    const asked = await lab.system.call('POST', '/api/corrections', {
      file_document_id: lab.document,
      failure_category: 'processing_error',
      error_message: 'please',
    });
    expect(asked.status).toBe(202);
    await until('the request is refused', async () => {
      const { body } = await lab.system.call('GET', `/api/corrections/${asked.body.data.id}`);
      return body.data.status === 'cancelled';
    });
    expect(await left()).toEqual(EVERYTHING);
  });
});

describe('a request for a file that is being ingested', () => {
  runningWith({ AUTO_CORRECTION_DELAY_SECONDS: '3600' });
  const request = () =>
    lab.system.call('POST', '/api/corrections', {
      file_document_id: lab.document,
      failure_category: 'processing_error',
      error_message: 'the producer gave up',
    });
  const goes = (second: number) =>
    lab.system.push(
      event(lab.ada, lab.document, {
        processing_stage: 'processing',
        status: 'processing',
        occurred_at: `2026-01-01T10:00:0${second}Z`,
      }),
    );
  const due = () => lab.system.deps.db.sql`
    update auto_correction_tasks set run_at = now() where file_document_id = ${lab.document}`;

  it('removes nothing where ingestion went on, and says why', async () => {
    await goes(0);
    await lab.system.applied();
    expect((await request()).status).toBe(202);
    await goes(1);
    await lab.system.applied();
    await due();
    expect(
      await until('the request has ended', async () => {
        const [newest] = await tasks();
        return newest.completed_at && newest;
      }),
    ).toMatchObject({ status: 'cancelled', cancel_reason: 'its ingestion is under way' });
    await lab.system.push(event(lab.ada, lab.document));
    await lab.system.applied();
    expect(await left()).toEqual(EVERYTHING);
  });

  it('is done where nothing was heard of it since', async () => {
    await goes(0);
    await lab.system.applied();
    const { id } = (await request()).body.data;
    await due();
    expect(await task('completed')).toMatchObject({ id });
    expect(await left()).toEqual(NOTHING);
  });

  it('is done once the failure is reported', async () => {
    await goes(0);
    await lab.system.applied();
    const { id } = (await request()).body.data;
    await fails(storageError);
    await lab.system.applied();
    await due();
    expect(await task('completed')).toMatchObject({ id });
    expect(await left()).toEqual(NOTHING);
  });
});
