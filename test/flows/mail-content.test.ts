import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailParsers } from '../support/mail-parsers.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** What a mail says, to whom, in which language, and for how long it is kept. */

let system: System;
const operator = person('operator');
beforeAll(async () => {
  system = await startSystem({ env: { OPERATOR_EMAIL: operator } });
});
afterAll(() => system.stop());

const preferences = (user_email: string, more: object) =>
  system.cms.call('POST', '/api/user-notification-preferences', {
    data: { company: 1, bot: 1, user_email, ...more },
  });

it('attaches the whole list where the mail cuts it', async () => {
  const ada = person();
  await preferences(ada, { batch_size_threshold: 60 });
  const names = Array.from({ length: 60 }, (_, n) => documentId(`many${n}`));
  await system.push(
    ...names.map((name) => event(ada, name, { file_name: `=cmd|${name}, "x".pdf` })),
  );
  const [mail] = await system.mails(ada);
  const raw = await fetch(`${system.env.INBOX_URL}/api/messages/${mail?.id}`);
  const { data } = (await raw.json()) as {
    data: { attachments: { filename: string; size: number }[] };
  };
  expect(data.attachments).toMatchObject([{ filename: expect.stringMatching(/^files-.*\.csv$/) }]);
  expect(mail?.text).toMatch(/35 more/);
});

it('lists files as people number them, in the mail and in the attached list', async () => {
  const ada = person();
  await preferences(ada, { batch_size_threshold: 30 });
  const numbered = Array.from({ length: 30 }, (_, n) => `scan-${n + 1}.pdf`);
  const shuffled = numbered.map((_, nth) => numbered[(nth * 7) % 30]);
  await system.push(...shuffled.map((file_name) => event(ada, documentId(), { file_name })));
  const [mail] = await system.mails(ada);
  const named = (text: string) => text.match(/scan-\d+\.pdf/g);
  expect(named(mail?.text ?? '')).toEqual(numbered.slice(0, 25));
  expect(named(mail?.html ?? '')).toEqual(numbered.slice(0, 25));
  const raw = await fetch(`${system.env.INBOX_URL}/api/messages/${mail?.id}/raw`);
  const [parser] = mailParsers();
  const [parsed] = await parser!.parse([Buffer.from(await raw.arrayBuffer())]);
  const csv = Buffer.from(parsed?.attachments[0]?.content ?? '', 'base64').toString();
  expect(named(csv)).toEqual(numbered);
});

it('writes in the language and time zone of the person', async () => {
  const ada = person();
  await preferences(ada, { locale: 'de', timezone: 'Europe/Berlin', batch_size_threshold: 1 });
  await system.push(event(ada, documentId()));
  const [mail] = await system.mails(ada);
  expect(mail?.html).toContain('lang="de"');
  expect(mail?.text).toMatch(/Berlin|MEZ|MESZ/);
});

it('sums up a day on demand, once', async () => {
  const ada = person();
  const broken = documentId('broken');
  await preferences(ada, { batch_size_threshold: 2 });
  await system.push(event(ada, documentId()), failure(ada, broken));
  await system.mails(ada);
  const ask = () =>
    system.call('POST', '/api/summaries', {
      company_id: 1,
      bot_id: 1,
      user_email: ada,
      period: 'day',
    });
  expect((await ask()).status).toBe(202);
  const summary = await until('the summary arrives', async () =>
    (await system.inbox(ada)).find((mail) => mail.subject.match(/day|summary/i)),
  );
  expect(summary.text).toContain(broken);
  expect((await ask()).status).toBe(200);
});

describe('a summary', () => {
  const owner = (user_email: string) => ({ company_id: 1, bot_id: 1, user_email });
  const report = async (email: string, ...events: object[]) => {
    const before = (await system.inbox(email)).length;
    if (events.length > 0) await system.push(...events);
    await system.applied();
    await system.makeDue(email);
    await system.mails(email, before + 1);
  };
  const summaryOf = async (email: string) => {
    await system.call('POST', '/api/summaries', { ...owner(email), period: 'day' });
    return until('the summary arrives', async () =>
      (await system.inbox(email)).find(({ subject }) => subject.startsWith('Your day')),
    );
  };

  it('is of reports, not of batches of which nothing was left to report', async () => {
    const ada = person();
    const gone = documentId('gone');
    await system.push(event(ada, gone));
    await system.applied();
    await system.push({ ...owner(ada), action: 'delete', file_document_id: gone });
    await system.applied();
    await system.makeDue(ada);
    await until('the emptied batch is closed', async () => {
      const { body } = await system.call('GET', `/api/emails?user_email=${ada}`);
      return body.data[0]?.suppressed_reason === 'empty';
    });
    await report(ada, event(ada, documentId()));
    const { text } = await summaryOf(ada);
    expect(text.match(/\d+ ready/g)).toEqual(['1 ready']);
  });

  it('counts a file once, as what became of it in the end', async () => {
    const ada = person();
    const [mended, slow, broken] = [documentId('mended'), documentId('slow'), documentId('broken')];
    const running = { processing_stage: 'storage', status: 'processing' };
    await system.push(event(ada, slow, running));
    await system.applied();
    await system.deps.db.sql`
      update batch_processing_sessions set batch_start_time = now() - interval '25 hours'
      where user_email = ${ada}`;
    await report(ada);
    await report(ada, failure(ada, mended), failure(ada, broken));
    await report(ada, event(ada, mended), event(ada, slow));
    const { subject, text } = await summaryOf(ada);
    expect(subject).toBe('Your day: 2 files ready, 1 failed');
    expect(text.match(/(mended|slow|broken)-\w+/g)).toEqual([broken]);
    expect(text.match(/^\* .*: \d/gm)).toHaveLength(3);
  });
});

it('writes no summary of days nobody can be told of, and says which field is at fault', async () => {
  const ada = person();
  await preferences(ada, { timezone: 'Pacific/Pago_Pago' });
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const dateIn = (timeZone: string) =>
    new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(new Date());
  const ask = (date: string, period = 'day') =>
    system.call('POST', '/api/summaries', {
      ...{ company_id: 1, bot_id: 1, user_email: ada },
      period,
      date,
    });
  for (const date of [
    ...['0000-01-01', '0001-01-01', '0099-06-01', '1999-12-31', '9999-12-31', 'yesterday'],
    inDays(2).slice(0, 10),
    // It has begun there a day before it begins in Pago Pago.
    dateIn('Pacific/Kiritimati'),
  ])
    for (const period of ['day', 'week']) {
      const { status, body } = await ask(date, period);
      expect([date, status, body.errors]).toEqual([
        date,
        400,
        [{ path: 'date', message: expect.any(String) }],
      ]);
    }
  for (const date of ['2000-01-01', dateIn('Pacific/Pago_Pago')])
    expect([date, (await ask(date)).status]).toEqual([date, 202]);
  await until('both are sent', async () => {
    const { body } = await system.call('GET', `/api/emails?user_email=${ada}`);
    return body.data.every(({ send_status }: { send_status: string }) => send_status === 'sent');
  });
});

it('suppresses what is over the quota of the company, and says so once', async () => {
  const ada = person();
  const company_id = 77;
  await system.cms.call('POST', '/api/companies', {
    data: { id: company_id, name: 'Small Ltd', notification_quota: 1 },
  });
  const one = () =>
    system.push(...Array.from({ length: 5 }, () => event(ada, documentId(), { company_id })));
  await one();
  await system.mails(ada);
  await one();
  await one();
  const suppressed = await until('two mails are suppressed', async () => {
    const path = `/api/emails?user_email=${ada}&send_status=suppressed`;
    const { body } = await system.call('GET', path);
    return body.data.length === 2 && body.data;
  });
  expect(suppressed).toMatchObject([
    { suppressed_reason: 'quota_exceeded' },
    { suppressed_reason: 'quota_exceeded' },
  ]);
  expect(await system.inbox(ada)).toHaveLength(1);
  const alerts = await system.mails(operator);
  const [alert, ...more] = alerts.filter((mail) => mail.text.includes(`company_id=${company_id}`));
  expect(more).toEqual([]);
  // What it says becomes of them is so: they are not sent later.
  expect(alert?.text.replace(/\s+/g, ' ')).toContain('(quota_exceeded) is not sent later');
  const { id } = suppressed[0];
  expect((await system.call('POST', `/api/emails/${id}/resend`)).status).toBe(409);
});

it('erases content when its time is over, and keeps the facts', async () => {
  const ada = person();
  await preferences(ada, { batch_size_threshold: 1 });
  await system.push(event(ada, documentId()));
  const { sql } = system.deps.db;
  await until('the mail is sent', async () => {
    const { body } = await system.call('GET', `/api/emails?user_email=${ada}&send_status=sent`);
    return body.data.length === 1;
  });
  await sql`
    update email_notification_log set created_at = now() - interval '91 days'
    where recipient_email = ${ada} and send_status = 'sent'`;
  const erased = await until('the content is erased', async () => {
    const [mail] = (await system.call('GET', `/api/emails?user_email=${ada}`)).body.data;
    const { body } = await system.call('GET', `/api/emails/${mail.id}`);
    return body.data.email_content_text === null && body.data;
  });
  expect(erased).toMatchObject({ send_status: 'sent', email_content_html: null, send_attempts: 1 });
  expect(erased.email_subject).not.toBe('');
});
