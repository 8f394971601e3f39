import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cmsClient } from '../../src/stores/cms-client.ts';
import { type HttpProxy, startHttpProxy } from '../chaos/http-proxy.ts';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** What the CMS learns of mails that were sent: at last everything, whatever happens to it. */

let system: System;
let proxy: HttpProxy;
let company = 100;
beforeAll(async () => {
  system = await startSystem({ env: { WRITE_BACK_COMPARE_SECONDS: '1' } });
  proxy = await startHttpProxy(system.cms.url);
  const { CMS_API_TOKEN } = system.deps.config;
  // Preferences are still asked for directly: what is tested is the writing.
  system.deps.cms = cmsClient({ CMS_API_URL: proxy.url, CMS_API_TOKEN, CMS_TIMEOUT_MS: 1000 });
});
afterAll(async () => {
  await system.stop();
  await proxy.refuse();
});
beforeEach(async () => {
  company += 1;
  const data = { id: company, name: `Company ${company}` };
  expect((await system.cms.call('POST', '/api/companies', { data })).status).toBe(201);
});

const cms = async (path: string) => (await system.cms.call('GET', path)).body.data;
const put = (path: string, data: object) => system.cms.call('PUT', path, { data });
async function file(name?: string): Promise<string> {
  const id = documentId(name);
  const data = { documentId: id, name: `${id}.pdf` };
  expect((await system.cms.call('POST', '/api/files', { data })).status).toBe(201);
  return id;
}
/** Reports files to somebody of this test's company. @returns the batch they were reported in */
async function reported(...documents: string[]): Promise<string> {
  const ada = person();
  await system.push(...documents.map((one) => event(ada, one, { company_id: company })));
  await system.applied();
  await system.makeDue(ada);
  await system.mails(ada);
  const { body } = await system.call('GET', `/api/batches?user_email=${ada}`);
  return body.data[0].batch_id;
}
const isTold = (document: string, batch: string) =>
  until('the CMS is told of the file', async () => {
    const { notification_sent, last_notification_batch } = await cms(`/api/files/${document}`);
    return notification_sent === true && last_notification_batch === batch;
  });
/** Waits for a company's usage, and not for the pause between two tellings of it. */
const usageIs = (usage: number) =>
  until(`the CMS is told of ${usage} mail(s)`, async () => {
    await system.deps.db.sql`
      update company_notification_usage set attempted_at = null where company_id = ${company}`;
    return (await cms(`/api/companies/${company}`)).notification_usage === usage;
  });
const writtenBack = (batch: string) =>
  until('the batch is written back', async () => {
    const [row] = await system.deps.db.sql`
      select cms_written_back_at from batch_processing_sessions where batch_id = ${batch}::uuid`;
    return row?.cms_written_back_at;
  });

describe('after a mail', () => {
  it('the CMS knows of its files, and how much of the quota is used', async () => {
    const [one, two] = [await file(), await file()];
    const batch = await reported(one, two);
    await isTold(one, batch);
    await isTold(two, batch);
    await usageIs(1);
  });

  it('many mails of a company are few requests, and the number is right', async () => {
    const { updateCompany } = system.deps.cms;
    const told: number[] = [];
    system.deps.cms.updateCompany = (id, change) => {
      if (id === company) told.push(change.notification_usage ?? -1);
      return updateCompany(id, change);
    };
    const people = Array.from({ length: 15 }, () => person());
    const events = people.map((one) => event(one, documentId(), { company_id: company }));
    await system.push(...events);
    await system.applied();
    await Promise.all(people.map((one) => system.makeDue(one)));
    await until('every batch is written back', async () => {
      const [row] = await system.deps.db.sql`
        select count(*) as written from batch_processing_sessions
        where company_id = ${company} and cms_written_back_at is not null`;
      return row?.written === people.length;
    });
    await usageIs(15);
    system.deps.cms.updateCompany = updateCompany;
    expect(told.at(-1)).toBe(15);
    expect(told.length).toBeLessThanOrEqual(4);
  });

  it('of another month the CMS is told anew', async () => {
    await reported(await file());
    await usageIs(1);
    await system.deps.db.sql`
      update email_notification_log set sent_at = sent_at - interval '32 days'
      where company_id = ${company}`;
    await system.deps.db.sql`
      update company_notification_usage set told_month = '2020-01', attempted_at = null
      where company_id = ${company}`;
    await usageIs(0);
  });
});

describe('a CMS', () => {
  it.each(['error', 'garbage', 'hang', 'answer lost', 'refuse'] as const)(
    'in trouble (%s) delays no mail and is told later',
    async (trouble) => {
      const document = await file();
      if (trouble === 'refuse') await proxy.refuse();
      else proxy.weather(trouble);
      const batch = await reported(document);
      await until('a try has failed', async () => {
        const job = await system.deps.producer
          .queue('cms-write-back')
          .getJob(`write-back-${batch}`);
        return (job?.attemptsMade ?? 0) > 0;
      });
      proxy.weather('pass');
      await proxy.listen();
      await isTold(document, batch);
      await usageIs(1);
    },
  );

  it('without the file or the company is left as it is', async () => {
    const known = await file();
    company += 1000;
    const batch = await reported(documentId('unknown'), known);
    await isTold(known, batch);
    await writtenBack(batch);
    await until('the company was tried', async () => {
      const [row] = await system.deps.db.sql`
        select told_usage from company_notification_usage where company_id = ${company}`;
      return row?.told_usage === 1;
    });
    expect((await system.cms.call('GET', `/api/companies/${company}`)).status).toBe(404);
    company -= 1000;
  });

  it('that cannot take one file is told of the others', async () => {
    const known = await file();
    const batch = await reported('..', known);
    await isTold(known, batch);
    await writtenBack(batch);
  });

  it('is never told of an earlier mail after a later one', async () => {
    const document = await file();
    const first = await reported(document);
    await isTold(document, first);
    const again = event(person(), document, {
      company_id: company,
      occurred_at: new Date(Date.now() + 1000).toISOString(),
    }) as { user_email: string };
    await system.push(again);
    await system.applied();
    await system.makeDue(again.user_email);
    await system.mails(again.user_email);
    const { body } = await system.call('GET', `/api/batches?user_email=${again.user_email}`);
    const second = body.data[0].batch_id;
    await isTold(document, second);
    await system.deps.db.sql`
      update batch_processing_sessions set cms_written_back_at = null
      where batch_id = ${first}::uuid`;
    await writtenBack(first);
    await isTold(document, second);
  });
});

it('a CMS that has forgotten is told again, of everything it forgot', async () => {
  const documents = await Promise.all(Array.from({ length: 9 }, () => file()));
  const batches = await Promise.all(documents.map((document) => reported(document)));
  await Promise.all(batches.map((batch, index) => isTold(documents[index]!, batch)));
  await Promise.all(batches.map(writtenBack));
  await usageIs(9);
  // Away, put back from a backup, and there again.
  proxy.weather('error');
  const blank = { notification_sent: false, last_notification_batch: null };
  for (const document of documents) await put(`/api/files/${document}`, blank);
  await put(`/api/companies/${company}`, { notification_usage: 3 });
  proxy.weather('pass');
  await Promise.all(batches.map((batch, index) => isTold(documents[index]!, batch)));
  await usageIs(9);
  const metrics = await system.deps.metrics.register.metrics();
  expect(metrics).toMatch(/cms_writes_lost_total\{kind="file"\} [1-9]/);
});

it('a CMS in which one old file was changed is told again of it', async () => {
  const document = await file();
  const batch = await reported(document);
  await writtenBack(batch);
  const later = await Promise.all(Array.from({ length: 8 }, async () => reported(await file())));
  await Promise.all(later.map(writtenBack));
  await put(`/api/files/${document}`, { notification_sent: false });
  await until(
    'the file is told of again',
    async () => (await cms(`/api/files/${document}`)).notification_sent,
  );
});
