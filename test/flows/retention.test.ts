import { afterAll, beforeAll, expect, it } from 'vitest';
import { archiveBatches } from '../../src/db/queries/archive.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** What is settled and old goes; what it counted for stays, and so does what is not settled. */

let system: System;
beforeAll(async () => {
  system = await startSystem({ env: { OPERATOR_EMAIL: 'operator@example.com' } });
});
afterAll(() => system.stop());

const audit = async () => {
  const { status, body } = await system.call('GET', '/api/audit');
  expect(status, JSON.stringify(body)).toBe(200);
  return body.data;
};
const batchesOf = async (email: string) =>
  (await system.call('GET', `/api/batches?user_email=${email}`)).body.data;

/** A batch of the person's, reported and told to the CMS. */
async function reported(email: string, ...events: object[]): Promise<string> {
  await system.push(...events);
  await system.applied();
  await system.makeDue(email);
  await system.mails(email);
  const [batch] = await until('the CMS was told', async () => {
    const rows = await system.deps.db.sql<{ batch_id: string }[]>`
      select batch_id from batch_processing_sessions
      where user_email = ${email} and cms_written_back_at is not null`;
    return rows.length > 0 && rows;
  });
  return batch!.batch_id;
}

/** Moves everything of the person's into the past. */
async function age(email: string): Promise<void> {
  const { sql } = system.deps.db;
  await sql.begin(async (tx) => {
    await tx`update batch_processing_sessions set batch_end_time = batch_end_time - interval '400 days',
      batch_start_time = batch_start_time - interval '400 days' where user_email = ${email}`;
    await tx`update file_processing_status set updated_at = updated_at - interval '400 days'
      where user_email = ${email}`;
    await tx`update file_events set dead_lettered_at = dead_lettered_at - interval '400 days'
      where user_email = ${email}`;
    await tx`update processing_errors set created_at = created_at - interval '400 days'
      where file_document_id in (
        select file_document_id from file_processing_status where user_email = ${email})`;
    await tx`update auto_correction_tasks set created_at = created_at - interval '400 days',
      started_at = started_at - interval '400 days', completed_at = completed_at - interval '400 days'
      where user_email = ${email}`;
  });
}

const leftOf = async (email: string) => {
  const [row] = await system.deps.db.sql<Record<string, number>[]>`
    select
      (select count(*) from file_events where user_email = ${email}) as events,
      (select count(*) from batch_processing_sessions where user_email = ${email}) as batches,
      (select count(*) from email_notification_log where recipient_email = ${email}) as mails,
      (select count(*) from auto_correction_tasks where user_email = ${email}) as corrections`;
  return row;
};

it('what is settled goes after its time, and the audit goes on counting it', async () => {
  const [ada, kept, deleted] = [person(), documentId('kept'), documentId('deleted')];
  const failed = documentId('failed');
  await system.push(event(ada, deleted), {
    action: 'delete',
    file_document_id: deleted,
    company_id: 1,
    bot_id: 1,
    user_email: ada,
  });
  await reported(ada, event(ada, kept, { event_id: `${kept}-done` }), failure(ada, failed));
  await until('the correction has ended', async () => {
    const { body } = await system.call('GET', `/api/corrections?file_document_id=${failed}`);
    return body.data[0]?.status === 'completed';
  });
  const before = await audit();
  expect(before).toMatchObject({ unaccounted: 0, pending: 0 });
  await age(ada);
  await until('nothing is left', async () => {
    const left = await leftOf(ada);
    return left && Object.values(left).every((count) => count === 0);
  });
  expect(await audit()).toEqual(before);

  // Its event comes once more: too old to change anything, it is accounted for all the same.
  await system.push(
    event(ada, kept, { event_id: `${kept}-done`, occurred_at: '2020-01-01T00:00:00Z' }),
  );
  await system.applied();
  expect(await audit()).toMatchObject({ accepted: before.accepted + 1, unaccounted: 0 });
  expect(await batchesOf(ada)).toEqual([]);

  // That the file succeeded is not forgotten: a correction asked for must not remove it.
  const asked = await system.call('POST', '/api/corrections', {
    file_document_id: kept,
    failure_category: 'storage_error',
    error_message: 'somebody thinks it failed',
  });
  const task = await until('the correction has ended', async () => {
    const { body } = await system.call('GET', `/api/corrections/${asked.body.data.id}`);
    return body.data.status !== 'pending' && body.data.status !== 'processing' && body.data;
  });
  expect(task).toMatchObject({ status: 'cancelled', cancel_reason: 'it succeeded' });
});

it('a mail nobody has decided about stays, however old', async () => {
  const [ben, cleo] = [person('ben'), person('cleo')];
  const unknown = await reported(ben, event(ben, documentId()));
  await system.deps.db.sql`update email_notification_log set send_status = 'unknown'
    where batch_id = ${unknown}::uuid`;
  await reported(cleo, event(cleo, documentId()));
  await age(ben);
  await age(cleo);
  await until('the settled one is gone', async () => (await batchesOf(cleo)).length === 0);
  expect(await batchesOf(ben)).toHaveLength(1);
  expect(await audit()).toMatchObject({ unaccounted: 0, unknown: 1 });
});

it('a late event whose line is removed at that moment is not lost from the books', async () => {
  const [dan, document] = [person('dan'), documentId()];
  await reported(dan, event(dan, document));
  const { sql } = system.deps.db;
  const cutoff = new Date(Date.now() + 60_000);
  await sql.begin(async (tx) => {
    // Whatever the others have meanwhile is of no matter here.
    while ((await archiveBatches(tx, cutoff, 50)) > 0);
    await system.push(event(dan, document, { occurred_at: '2020-01-01T00:00:00Z' }));
    // It has looked its line up and waits for the batch.
    await until('the event is being applied', async () => {
      const rows = await sql`select from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()`;
      return rows.length > 0;
    });
  });
  await system.applied();
  expect(await audit()).toMatchObject({ unaccounted: 0, pending: 0 });
});
