import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Everybody is told of their own files, and the CMS of everybody's. */

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

let ada: string;
beforeEach(() => {
  ada = person();
});

const batches = async (email: string) =>
  (await system.call('GET', `/api/batches?user_email=${email}`)).body.data;

describe('nobody gets what is another’s', () => {
  it('two people, two bots and two companies with one document id', async () => {
    const [bob, document] = [person('bob'), documentId('shared')];
    const owners = [
      [ada, 1, 1],
      [bob, 1, 1],
      [ada, 1, 2],
      [ada, 2, 1],
    ] as const;
    await system.push(
      ...owners.map(([email, company_id, bot_id], nth) =>
        event(email, document, { company_id, bot_id, file_name: `only-${nth}.pdf` }),
      ),
    );
    await system.applied();
    await system.makeDue(ada);
    await system.makeDue(bob);
    const mails = [...(await system.mails(ada, 3)), ...(await system.mails(bob))];
    const named = mails.map(({ text }) => [...text.matchAll(/only-\d/g)].map(String));
    expect(named.map((names) => new Set(names).size)).toEqual([1, 1, 1, 1]);
    expect(new Set(named.flat()).size).toBe(4);
    const [his] = await system.inbox(bob);
    expect(his?.text).toContain('only-1.pdf');
    expect(his?.to).toEqual([bob]);
  });

  it('one batch closes and carries on its own files, though others have the same in theirs', async () => {
    const [bob, document] = [person('bob'), documentId('shared')];
    const owners = [
      { user_email: ada, company_id: 1, bot_id: 1 },
      { user_email: bob, company_id: 1, bot_id: 1 },
      { user_email: ada, company_id: 1, bot_id: 2 },
      { user_email: ada, company_id: 2, bot_id: 1 },
    ];
    const going = { processing_stage: 'storage', status: 'processing' };
    await system.push(
      ...owners.flatMap((owner) => [
        event(owner.user_email, document, { ...owner, ...going }),
        event(owner.user_email, documentId('done'), owner),
      ]),
    );
    await system.applied();
    // Which batch each owner's file stands in, by its line and by its own row.
    const standing = async () =>
      system.deps.db.sql<{ batch_id: string; line_batch: string; owner: string }[]>`
        select s.batch_id, f.batch_id as line_batch,
          concat_ws(' ', s.user_email, s.company_id, s.bot_id) as owner
        from file_processing_status s join batch_files f on f.id = s.batch_file_id
        where s.file_document_id = ${document} order by s.user_email = ${ada} desc, s.company_id, s.bot_id`;
    const [own, ...others] = await standing();
    await system.call('POST', `/api/batches/${own!.batch_id}/close`);
    await system.mails(ada);
    const [moved, ...stayed] = await standing();
    expect(stayed).toEqual(others);
    expect(moved!.batch_id).not.toBe(own!.batch_id);
    expect(moved!.line_batch).toBe(moved!.batch_id);
    // What is reported stays where it was reported.
    const reported = await system.deps.db.sql`
      select batch_id from file_processing_status where file_document_id <> ${document}
        and user_email = ${ada} and company_id = 1 and bot_id = 1`;
    expect([...reported]).toEqual([{ batch_id: own!.batch_id }]);
    for (const { batch_id } of others)
      expect((await system.call('GET', `/api/batches/${batch_id}`)).body.data).toMatchObject({
        status: 'processing',
        total_files: 2,
      });
  });

  it('the case of an address makes no difference', async () => {
    const data = { company: 1, bot: 1, user_email: ada.toUpperCase(), batch_size_threshold: 2 };
    await system.cms.call('POST', '/api/user-notification-preferences', { data });
    await system.push(event(ada.toUpperCase(), documentId()));
    await system.push(event(ada, documentId()));
    await system.mails(ada);
    expect(await batches(ada.toUpperCase())).toMatchObject([
      { user_email: ada, total_files: 2, closed_by: 'threshold' },
    ]);
  });
});

it('tells the CMS which files were reported, and in which batch', async () => {
  const document = documentId();
  await system.cms.call('POST', '/api/files', { data: { documentId: document, name: 'a.pdf' } });
  await system.push(event(ada, document));
  await system.applied();
  await system.makeDue(ada);
  await system.mails(ada);
  const record = await until('the CMS knows', async () => {
    const { body } = await system.cms.call('GET', `/api/files/${document}`);
    return body.data.notification_sent && body.data;
  });
  expect(record).toMatchObject({ last_notification_batch: (await batches(ada))[0].batch_id });
});
