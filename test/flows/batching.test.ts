import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** How files become batches and batches become mails, entered by HTTP. */

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const batchesOf = async (email: string) =>
  (await system.call('GET', `/api/batches?user_email=${email}`)).body.data;

describe('closing', () => {
  it('closes at the threshold and sends one mail', async () => {
    const ada = person();
    const documents = Array.from({ length: 5 }, () => documentId());
    for (const document of documents.slice(0, 4)) await system.push(event(ada, document));
    await system.applied();
    expect(await batchesOf(ada)).toMatchObject([{ status: 'processing', successful_files: 4 }]);
    await system.push(failure(ada, documents[4]!));
    const [mail] = await system.mails(ada);
    expect(mail?.subject).toBe('4 files ready, 1 failed');
    for (const document of documents) expect(mail?.html).toContain(document);
    const [batch] = await batchesOf(ada);
    expect(batch).toMatchObject({
      status: 'partially_completed',
      closed_by: 'threshold',
      total_files: 5,
      successful_files: 4,
      failed_files: 1,
    });
  });

  it('closes when the delay has passed', async () => {
    const ada = person();
    await system.push(event(ada, documentId()));
    await system.applied();
    await system.makeDue(ada);
    await system.mails(ada);
    expect(await batchesOf(ada)).toMatchObject([{ closed_by: 'due', status: 'completed' }]);
  });

  it('carries unfinished files over to the next batch', async () => {
    const ada = person();
    const late = documentId('late');
    await system.push(
      event(ada, documentId()),
      event(ada, late, { processing_stage: 'processing', status: 'processing' }),
    );
    await system.applied();
    await system.makeDue(ada);
    const [first] = await system.mails(ada);
    expect(first?.text).not.toContain(late);
    await system.push(event(ada, late, { occurred_at: new Date().toISOString() }));
    await system.applied();
    await system.makeDue(ada);
    const mails = await system.mails(ada, 2);
    expect(mails.filter((mail) => mail.text.includes(late))).toHaveLength(1);
    const [second, before] = await batchesOf(ada);
    expect(second.carried_over_from).toBe(before.batch_id);
  });
});

it('a timeline says that a file waits until it is reported', async () => {
  const ada = person();
  const document = documentId();
  const kinds = async () => {
    const { body } = await system.call('GET', `/api/files/${document}/timeline`);
    return body.data.map(({ kind, what }: Record<string, string>) => `${kind} ${what}`);
  };
  await system.push(event(ada, document, { processing_stage: 'storage', status: 'processing' }));
  await system.applied();
  expect((await kinds()).sort()).toEqual(['event applied', 'waiting processing']);
  await system.push(event(ada, document));
  await system.applied();
  await system.makeDue(ada);
  await system.mails(ada);
  await until('the mail is recorded', async () => (await kinds()).includes('mail sent'));
  const inOrder = ['event applied', 'event applied', 'reported success', 'mail sent'];
  expect(await kinds()).toEqual(inOrder);
});

describe('a file that is stuck', () => {
  const stuckFor = async (document: string, hours: number) => system.deps.db.sql`
    update batch_files set created_at = created_at - make_interval(hours => ${hours}),
      processing_start_time = processing_start_time - make_interval(hours => ${hours})
    where file_document_id = ${document}`;
  const start = async (email: string, document: string) => {
    const at = { processing_stage: 'processing', status: 'processing' };
    await system.push(event(email, document, at));
    await system.applied();
  };
  const finish = async (email: string, count: number) => {
    const documents = Array.from({ length: count }, () => documentId('done'));
    await system.push(...documents.map((document) => event(email, document)));
    await system.applied();
  };

  it.each(['due', 'threshold', 'manual'])(
    'is told of by the mail of a busy owner (%s)',
    async (how) => {
      const ada = person();
      const [stuck, fresh] = [documentId('stuck'), documentId('fresh')];
      await start(ada, stuck);
      // Files come and go around it, and each batch hands it on to the next.
      for (const round of [1, 2]) {
        await finish(ada, 5);
        expect((await system.mails(ada, round)).some(({ text }) => text.includes(stuck))).toBe(
          false,
        );
      }
      await stuckFor(stuck, 25);
      await start(ada, fresh);
      await finish(ada, how === 'threshold' ? 5 : 1);
      const [open] = await batchesOf(ada);
      if (how === 'due') await system.makeDue(ada);
      if (how === 'manual') await system.call('POST', `/api/batches/${open.batch_id}/close`);
      const mails = await system.mails(ada, 3);
      const [told, ...more] = mails.filter(({ text }) => text.includes(stuck));
      expect(more).toEqual([]);
      expect(told?.subject).toMatch(/^\d files? ready, 1 in progress$/);
      expect(told?.text).not.toContain(fresh);
      const [next, closed] = await batchesOf(ada);
      expect(closed).toMatchObject({ closed_by: how, status: 'partially_completed' });
      expect(closed.total_files - closed.successful_files).toBe(1);
      expect(next).toMatchObject({ total_files: 1, carried_over_from: closed.batch_id });
      // Once it is done its owner is told again.
      await system.push(event(ada, stuck));
      await system.applied();
      await system.makeDue(ada);
      const last = (await system.mails(ada, 4)).filter(({ text }) => text.includes(stuck));
      expect(last.map(({ subject }) => subject)).toContain(`Ready: ${stuck}.pdf`);
    },
  );

  it('waits no longer because its batch was handed files over', async () => {
    const ada = person();
    const stuck = documentId('stuck');
    await start(ada, stuck);
    await finish(ada, 5);
    await stuckFor(stuck, 25);
    await system.makeDue(ada);
    await system.mails(ada, 2);
    expect((await batchesOf(ada))[0]).toMatchObject({ closed_by: 'max_age', total_files: 1 });
  });

  it('that began anew waits since then', async () => {
    const ada = person();
    const again = documentId('again');
    await system.push(failure(ada, again));
    await system.applied();
    await system.deps.db.sql`
      update batch_files set created_at = created_at - interval '25 hours'
      where file_document_id = ${again}`;
    await start(ada, again);
    await finish(ada, 5);
    const [mail] = await system.mails(ada);
    expect(mail?.subject).toBe('5 files ready');
    expect((await batchesOf(ada))[0]).toMatchObject({ status: 'processing', total_files: 1 });
  });
});

describe('one file, one line', () => {
  it('reports failed and then succeeded once, as succeeded', async () => {
    const ada = person();
    const document = documentId();
    await system.push(
      failure(ada, document, { occurred_at: '2026-01-01T10:00:00Z' }),
      event(ada, document, { occurred_at: '2026-01-01T10:01:00Z' }),
    );
    await system.applied();
    expect(await batchesOf(ada)).toMatchObject([
      { total_files: 1, successful_files: 1, failed_files: 0 },
    ]);
  });

  it('takes events out of order for what they are', async () => {
    const ada = person();
    const document = documentId();
    await system.push(event(ada, document, { occurred_at: '2026-01-01T10:05:00Z' }));
    await system.applied();
    await system.push(
      event(ada, document, {
        processing_stage: 'download',
        status: 'processing',
        occurred_at: '2026-01-01T10:00:00Z',
      }),
    );
    await system.applied();
    expect(await batchesOf(ada)).toMatchObject([{ total_files: 1, successful_files: 1 }]);
  });

  it('counts the same event once: again, ten times at once, and after the batch closed', async () => {
    const ada = person();
    const sent = event(ada, documentId(), { event_id: documentId('event') });
    const replies = await Promise.all(Array.from({ length: 10 }, () => system.push(sent)));
    const accepted = replies.map((reply) => reply.body.data.accepted as number);
    expect(accepted.reduce((sum, one) => sum + one)).toBe(1);
    await system.applied();
    await system.makeDue(ada);
    await system.mails(ada);
    const again = await system.push(sent);
    expect(again.body.data).toMatchObject({ accepted: 0, duplicates: 1 });
    await system.applied();
    expect(await batchesOf(ada)).toHaveLength(1);
    expect(await system.inbox(ada)).toHaveLength(1);
  });

  it('takes a deleted file out and sends nothing for an emptied batch', async () => {
    const ada = person();
    const document = documentId();
    await system.push(event(ada, document));
    await system.applied();
    await system.push({
      action: 'delete',
      file_document_id: document,
      company_id: 1,
      bot_id: 1,
      user_email: ada,
    });
    await system.applied();
    const [emptied] = await batchesOf(ada);
    expect(emptied).toMatchObject({ total_files: 0 });
    const closed = await system.call('POST', `/api/batches/${emptied.batch_id}/close`);
    expect([closed.status, closed.body.detail]).toEqual([409, expect.stringContaining('is empty')]);
    await system.makeDue(ada);
    const emails = await until('the mail is suppressed', async () => {
      const { body } = await system.call('GET', `/api/emails?user_email=${ada}`);
      return body.data.length > 0 && body.data;
    });
    expect(emails).toMatchObject([{ send_status: 'suppressed', suppressed_reason: 'empty' }]);
  });
});

it('accounts for every event', async () => {
  await system.applied();
  const { body } = await system.call('GET', '/api/audit');
  const { accepted, unaccounted, ...classes } = body.data as Record<string, number>;
  expect(unaccounted).toBe(0);
  expect(Object.values(classes).reduce((sum, one) => sum + one)).toBe(accepted);
});
