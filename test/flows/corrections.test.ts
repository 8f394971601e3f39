import { describe, expect, it } from 'vitest';
import { correctionLab, storageError } from '../support/correction-lab.ts';
import { EVERYTHING, NOTHING } from '../support/leftovers.ts';
import { documentId, event, failure, person } from '../support/system.ts';
import { until } from '../support/until.ts';

/** What a failed file leaves behind, in real stores, and what is left of that afterwards. */

const lab = correctionLab();
const { runningWith, left, tasks, task, fails } = lab;

describe('an object that another file is stored under', () => {
  runningWith({});

  it('stays, and the rest of the failed file goes', async () => {
    await lab.system.push(event(person('bob'), documentId(), { storage_key: lab.storage_key }));
    await lab.system.applied();
    await lab.system.push(failure(lab.ada, lab.document, { storage_key: lab.storage_key }));
    const done = await task('completed');
    expect(await left()).toEqual({ ...NOTHING, s3: EVERYTHING.s3 });
    const { body } = await lab.system.call('GET', `/api/corrections/${done.id}`);
    expect(body.data.not_applicable).toEqual({
      s3_delete: 'another file that has not failed is stored under the same key',
    });
  });

  it('goes when the other file has failed as well', async () => {
    await lab.system.push(failure(person('bob'), documentId(), { storage_key: lab.storage_key }));
    await lab.system.push(failure(lab.ada, lab.document, { storage_key: lab.storage_key }));
    await task('completed');
    await until('nothing is left', async () => (await left()).s3 === NOTHING.s3);
  });
});

describe('each category', () => {
  runningWith({});

  it.each([
    ['file_not_found', { ...EVERYTHING, cms: false }],
    ['s3_error', { ...EVERYTHING, s3: false, cms: false }],
    ['processing_error', NOTHING],
    ['storage_error', { ...EVERYTHING, chroma: 0 }],
    ['nobody_knows_this', NOTHING],
  ])('%s leaves exactly what the action map says', async (category, expected) => {
    await fails({ category, message: 'it failed' });
    await task('completed');
    expect(await left()).toEqual(expected);
  });

  it('is derived from the message where the producer names none', async () => {
    await fails({ message: 'Chroma refused the vectors' });
    expect(await task('completed')).toMatchObject({ failure_category: 'storage_error' });
    expect(await left()).toEqual({ ...EVERYTHING, chroma: 0 });
  });

  it('settles the error it answers and tells the reader of the mail', async () => {
    await fails(storageError);
    const { id } = await task('completed');
    const { body } = await lab.system.call('GET', `/api/errors?file_document_id=${lab.document}`);
    expect(body.data).toMatchObject([
      { resolution_status: 'auto_correction', correction_id: id, error_category: 'storage_error' },
    ]);
    await lab.system.makeDue(lab.ada);
    const [mail] = await lab.system.mails(lab.ada);
    expect(mail?.text).toContain('Removed from the search index.');
  });

  it('leaves other files alone', async () => {
    const other = documentId();
    await lab.leftovers.put(other, lab.system.cms);
    await fails({ category: 'processing_error', message: 'it failed' });
    await task('completed');
    expect(await lab.leftovers.left(other, lab.system.cms)).toEqual(EVERYTHING);
  });

  it('is removed on request as well, and the record names the key', async () => {
    const request = {
      file_document_id: lab.document,
      failure_category: 's3_error',
      error_message: 'x',
    };
    const { status, body } = await lab.system.call('POST', '/api/corrections', request);
    expect([status, body.data.status]).toEqual([202, 'pending']);
    await task('completed');
    expect(await left()).toEqual({ ...EVERYTHING, s3: false, cms: false });
  });
});

describe('before its time', () => {
  runningWith({ AUTO_CORRECTION_DELAY_SECONDS: '3600' });
  const due = () => lab.system.deps.db.sql`
    update auto_correction_tasks set run_at = now() where file_document_id = ${lab.document}`;

  it('a success calls it off, and nothing is removed', async () => {
    await fails(storageError, { occurred_at: '2026-01-01T10:00:00Z' });
    await task('pending');
    await lab.system.push(event(lab.ada, lab.document, { occurred_at: '2026-01-01T10:01:00Z' }));
    await lab.system.applied();
    expect(await task('cancelled')).toMatchObject({ conflict: false });
    await due();
    expect(await left()).toEqual(EVERYTHING);
  });

  it('a success that is accepted but not applied holds it back', async () => {
    await fails(storageError, { occurred_at: '2026-01-01T10:00:00Z' });
    await task('pending');
    const pause = lab.system.deps.producer.queue('file-events');
    await pause.pause();
    await lab.system.push(event(lab.ada, lab.document, { occurred_at: '2026-01-01T10:01:00Z' }));
    await due();
    const { id } = await until('the guard has asked', async () => {
      const [held] = await tasks();
      return held.error_during_correction && held;
    });
    expect(await left()).toEqual(EVERYTHING);
    await pause.resume();
    expect(await task('cancelled')).toMatchObject({ id });
    expect(await left()).toEqual(EVERYTHING);
  });

  it('a delete calls it off', async () => {
    await fails(storageError);
    await task('pending');
    const { file_document_id, company_id, bot_id, user_email } = event(
      lab.ada,
      lab.document,
    ) as never;
    await lab.system.push({ action: 'delete', file_document_id, company_id, bot_id, user_email });
    await task('cancelled');
    expect(await left()).toEqual(EVERYTHING);
  });

  it('a retry of what failed before the file was forgotten leaves the file that began anew', async () => {
    const at = (second: number) => ({ occurred_at: `2026-01-01T10:00:0${second}Z` });
    await lab.system.push(
      event(lab.ada, lab.document, at(0)),
      failure(lab.ada, lab.document, at(1)),
    );
    const { id, generation } = await task('pending');
    expect(generation).toBe(2);
    const owner = { company_id: 1, bot_id: 1, user_email: lab.ada };
    await lab.system.push({ action: 'delete', file_document_id: lab.document, ...owner, ...at(2) });
    await task('cancelled');
    const { sql } = lab.system.deps.db;
    await sql`
      update file_processing_status set updated_at = now() - interval '400 days'
      where file_document_id = ${lab.document}`;
    await until('the file is forgotten', async () => {
      const rows = await sql`
        select from file_processing_status where file_document_id = ${lab.document}`;
      return rows.length === 0;
    });
    await lab.system.push(event(lab.ada, lab.document));
    await lab.system.applied();
    expect((await lab.system.call('POST', `/api/corrections/${id}/retry`)).status).toBe(202);
    await until('the retry has ended', async () => (await tasks())[0]?.completed_at);
    expect(await left()).toEqual(EVERYTHING);
    expect(await task('cancelled')).toMatchObject({
      cancel_reason: 'it was forgotten and began anew',
      conflict: false,
    });
  });

  it('an open task is answered and not doubled', async () => {
    const request = {
      file_document_id: lab.document,
      failure_category: 's3_error',
      error_message: 'x',
    };
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => lab.system.call('POST', '/api/corrections', request)),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 202]);
    expect(new Set(replies.map(({ body }) => body.data.id)).size).toBe(1);
    expect(await tasks()).toHaveLength(1);
  });
});
