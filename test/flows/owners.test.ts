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
