import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** What operators read about failures: category, links, no secrets, and how each was settled. */

let system: System;
beforeAll(async () => {
  system = await startSystem({ env: { AUTO_CORRECTION_MODE: 'approve' } });
});
afterAll(() => system.stop());

let ada: string;
let document: string;
beforeEach(() => {
  ada = person();
  document = documentId();
});
const at = (second: number) => ({ occurred_at: `2026-01-01T10:00:0${second}Z` });
const errors = async (query = `file_document_id=${document}`) =>
  (await system.call('GET', `/api/errors?${query}`)).body.data;
const only = () =>
  until('the error is recorded', async () => {
    const [error, ...more] = await errors();
    expect(more).toEqual([]);
    return error;
  });
const settled = (resolution: string) =>
  until(`the error is ${resolution}`, async () => {
    const error = await only();
    return error.resolution_status === resolution && error;
  });

it('says by code what kind it is, in which stage, and which task and batch it belongs to', async () => {
  const error = { message: 'Chroma vector bucket', details: { Error: { Code: 'NoSuchKey' } } };
  await system.push(failure(ada, document, { error, company_id: 7, bot_id: 3 }));
  const recorded = await only();
  expect(recorded).toMatchObject({
    error_category: 'file_not_found',
    processing_stage: 'failed',
    company_id: 7,
    bot_id: 3,
    auto_correction_triggered: true,
    resolution_status: 'unresolved',
    resolved_by: null,
  });
  const task = (await system.call('GET', `/api/corrections/${recorded.correction_id}`)).body.data;
  expect(task).toMatchObject({ file_document_id: document, batch_id: recorded.batch_id });
  const found = [
    `company_id=7&correction_id=${task.id}`,
    `batch_id=${recorded.batch_id}&processing_stage=failed&resolution_status=unresolved`,
  ];
  for (const query of found) expect(await errors(query)).toMatchObject([{ id: recorded.id }]);
  expect(await errors('company_id=7&processing_stage=download')).toEqual([]);
  expect((await system.call('GET', '/api/errors?resolution_status=fixed')).status).toBe(400);
});

it('stores neither secrets nor addresses nor signed links, wherever they stood', async () => {
  const secret = 'Zq81nLp0Sx77Kd';
  const url = `https://b.s3.amazonaws.com/k.pdf?X-Amz-Signature=${secret}`;
  const error = {
    message: `GET ${url} for eve@example.com failed`,
    details: { url, headers: { Authorization: `Bearer ${secret}` }, db_password: secret },
    stack: `Error: no\n    at fetch (postgres://app:${secret}@db/app)\n    password=${secret}`,
  };
  await system.push(failure(ada, document, { error }));
  const { stack_trace, error_message } = await only();
  expect(stack_trace).toContain('at fetch (postgres://[removed]@db/app)');
  expect(error_message).toBe('GET https://b.s3.amazonaws.com/k.pdf?[removed] for [address] failed');
  await system.makeDue(ada);
  const [mail] = await system.mails(ada);
  const { sql } = system.deps.db;
  const stored = await sql`
    select to_jsonb(e)::text as text from processing_errors e where file_document_id = ${document}
    union all select to_jsonb(t)::text from auto_correction_tasks t where file_document_id = ${document}
    union all select to_jsonb(s)::text from file_processing_status s where file_document_id = ${document}
    union all select to_jsonb(f)::text from batch_files f where file_document_id = ${document}`;
  expect(stored).toHaveLength(4);
  for (const text of [...stored.map((row) => row.text), mail!.text, mail!.html]) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain('eve@example.com');
  }
});

it('is settled by a later success, by a delete, and only of the owner they are about', async () => {
  const bob = person('bob');
  const mended = document;
  await system.push(failure(ada, mended, at(1)), failure(bob, mended, at(1)));
  await until('both are recorded', async () => (await errors()).length === 2);
  await system.push(event(ada, mended, at(2)));
  await until('one is settled', async () => {
    const states = (await errors()).map((e: { resolution_status: string }) => e.resolution_status);
    return states.sort().join() === 'manual_fix,unresolved';
  });
  document = documentId();
  await system.push(failure(ada, document, at(1)));
  await only();
  const { file_document_id, company_id, bot_id, user_email } = event(ada, document) as never;
  await system.push({ action: 'delete', file_document_id, company_id, bot_id, user_email });
  expect(await settled('ignored')).toMatchObject({ resolved_by: 'system' });
});

it('is settled by an operator, with a note, and opened again', async () => {
  await system.push(failure(ada, document));
  const { id } = await only();
  const patch = (body: object) => system.call('PATCH', `/api/errors/${id}`, body);
  const note = { resolution_status: 'ignored', resolution_note: 'a test file' };
  expect((await patch(note)).body.data).toMatchObject({ ...note, resolved_by: 'operator' });
  expect((await errors('resolved_by=operator'))[0]).toMatchObject({ id });
  expect((await patch({ resolution_status: 'unresolved' })).body.data).toMatchObject({
    resolved_by: null,
    resolved_at: null,
    resolution_note: 'a test file',
  });
  for (const body of [{}, { resolution_status: 'done' }, { ...note, by: 'me' }])
    expect((await patch(body)).status).toBe(400);
  expect((await system.call('PATCH', '/api/errors/999999', note)).status).toBe(404);
});
