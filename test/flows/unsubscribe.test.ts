import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signUnsubscribeLink } from '../../src/domain/unsubscribe-link.ts';
import { CHROMIUM } from '../support/chromium.ts';
import { measureScreen } from '../support/mail-screen.ts';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** From the link in a mail to notifications that are off in the CMS. */

const SECRET = 'the secret of this test';
let system: System;
beforeAll(async () => {
  system = await startSystem({
    env: { PUBLIC_URL: 'https://tidings.example.com', LINK_SECRET: SECRET },
  });
});
afterAll(() => system.stop());

/** Reports one file and waits for its mail. */
async function mailTo(email: string, more: object = {}) {
  const before = (await system.inbox(email)).length;
  await system.push(event(email, documentId(), more));
  await system.applied();
  await system.makeDue(email);
  const mails = await system.mails(email, before + 1);
  const headers = mails.map((mail) =>
    Object.fromEntries(
      Object.entries(mail.headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
  );
  return { mails, headers, link: linkOf(headers[0]?.['list-unsubscribe'] ?? '') };
}

/** The link as this system serves it: it is public under another name. */
function linkOf(header: string): string {
  const [, path = ''] =
    /^<https:\/\/tidings\.example\.com(\/unsubscribe\/[^>]+)>$/.exec(header) ?? [];
  return system.url + path;
}

const enabled = async (email: string, bot = 1) => {
  const { body } = await system.cms.call(
    'GET',
    `/api/user-notification-preferences/by-user/1/${bot}/${email}`,
  );
  return (body.data as unknown as { notification_enabled: boolean }).notification_enabled;
};
const isOff = (email: string) => until('the CMS has it off', async () => !(await enabled(email)));
const oneClick = (link: string, init: RequestInit = {}) =>
  fetch(link, { method: 'POST', body: new URLSearchParams('List-Unsubscribe=One-Click'), ...init });

async function suppressedMail(email: string, more: object = {}) {
  await system.push(event(email, documentId(), more));
  await system.applied();
  await system.makeDue(email);
  return until('the mail is suppressed', async () => {
    const { body } = await system.call('GET', `/api/emails?user_email=${email}`);
    return body.data[0]?.send_status === 'suppressed' && body.data[0];
  });
}

describe('the mail', () => {
  it('carries the headers mailbox providers ask for, unharmed by the way', async () => {
    const ada = person();
    await mailTo(ada);
    const { mails, headers } = await mailTo(ada);
    expect(headers[0]).toMatchObject({
      'auto-submitted': 'auto-generated',
      'feedback-id': 'batch_completion:1:1:tidings',
      'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
    });
    const address = /^<(https:\/\/\S+)>$/.exec(headers[0]?.['list-unsubscribe'] ?? '')?.[1];
    expect(mails[0]?.text).toContain(`\nStop these mails:\n${address}\n`);
    expect(mails[0]?.html).toContain(`<a class="link" href="${address}"`);
    const threads = new Set(headers.map((one) => one.references));
    expect(threads.size).toBe(1);
    expect([...threads][0]).toMatch(/^<\S+@\S+>$/);
    expect(new Set(mails.map((mail) => mail.message_id)).size).toBe(2);
  });
});

describe('the link', () => {
  it('asks first and changes nothing; the button turns it off, for that bot only', async () => {
    const ada = person();
    const { link } = await mailTo(ada);
    for (const method of ['GET', 'HEAD', 'GET']) {
      const asked = await fetch(link, { method });
      expect(asked.status).toBe(200);
      const text = await asked.text();
      if (method === 'GET') expect(text).toMatch(/<form method="post"><button>/);
      expect(text).not.toContain(ada);
      expect(asked.headers.get('content-security-policy')).toContain("form-action 'self'");
      expect(asked.headers.get('cache-control')).toBe('no-store');
    }
    const [none] = await system.deps.db.sql`select count(*) as count from opt_outs`;
    expect(none).toEqual({ count: 0 });
    expect(await enabled(ada)).toBe(true);

    const done = await fetch(link, { method: 'POST' });
    expect(done.status).toBe(200);
    expect(await done.text()).toContain('These mails stop');
    await isOff(ada);
    expect(await enabled(ada, 2)).toBe(true);
    expect(await suppressedMail(ada)).toMatchObject({
      suppressed_reason: 'notifications_disabled',
    });
  });

  it.each([
    ['a form', {}],
    ['a multipart form', { body: formOf('List-Unsubscribe', 'One-Click') }],
  ])('works by one click, as %s, ten times at once', async (_what, init) => {
    const ada = person();
    const { link } = await mailTo(ada);
    const answers = await Promise.all(Array.from({ length: 10 }, () => oneClick(link, init)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await isOff(ada);
    const again = await oneClick(link, init);
    expect(again.status).toBe(200);
  });

  it('lets the person turn them on again', async () => {
    const ada = person();
    const { link } = await mailTo(ada);
    await oneClick(link);
    await isOff(ada);
    await until('the CMS has taken it over', async () => {
      const [row] = await system.deps.db.sql`
        select applied_at from opt_outs where user_email = ${ada}`;
      return row?.applied_at;
    });
    const { body } = await system.cms.call(
      'GET',
      `/api/user-notification-preferences?user_email=${ada}`,
    );
    const [row] = body.data as unknown as { documentId: string }[];
    const data = { notification_enabled: true };
    await system.cms.call('PUT', `/api/user-notification-preferences/${row?.documentId}`, { data });
    await system.deps.preferences.invalidate({ company_id: 1, bot_id: 1, user_email: ada });
    await mailTo(ada);
    expect(await system.inbox(ada)).toHaveLength(2);
  });

  it('speaks the language of the person, and of the browser where it cannot know them', async () => {
    const ada = person();
    const data = { company: 1, bot: 1, user_email: ada, locale: 'de-AT' };
    await system.cms.call('POST', '/api/user-notification-preferences', { data });
    const { mails, link } = await mailTo(ada);
    expect(mails[0]?.text).toContain('\nDiese Mails abbestellen:\n');
    const pageOf = async (address: string, method = 'GET', language = 'en') => {
      const headers = { 'accept-language': language };
      return (await fetch(address, { method, headers })).text();
    };
    expect(await pageOf(link)).toMatch(/lang="de".*<button>Diese Mails abbestellen</s);
    expect(await pageOf(link, 'POST')).toContain('Diese Mails sind abbestellt');
    const unknown = `${link}x`;
    expect(await pageOf(unknown, 'GET', 'de-CH, fr;q=0.5')).toContain('Link funktioniert nicht');
    expect(await pageOf(unknown, 'GET', 'fr')).toContain('This link does not work');
  });

  it('that is forged, of another mail or expired does nothing', async () => {
    const ada = person();
    const { link } = await mailTo(ada);
    const [row] = await system.deps.db.sql<{ id: number }[]>`
      select id from email_notification_log where recipient_email = ${ada}`;
    const token = (changes: object, secret = SECRET) =>
      `${system.url}/unsubscribe/${signUnsubscribeLink(
        {
          company_id: 1,
          bot_id: 1,
          email_id: row!.id,
          expires_at: new Date(Date.now() + 60_000),
          ...changes,
        },
        secret,
      )}`;
    const bad: [string, number][] = [
      [`${link}x`, 404],
      [`${system.url}/unsubscribe/x`, 404],
      [token({}, 'another secret of theirs'), 404],
      [token({ bot_id: 2 }), 404],
      [token({ email_id: 2 ** 40 }), 404],
      [token({ expires_at: new Date(Date.now() - 1000) }), 410],
    ];
    for (const [address, status] of bad)
      for (const method of ['GET', 'POST']) {
        const answer = await fetch(address, { method });
        expect(answer.status, address).toBe(status);
        expect(answer.headers.get('content-type')).toContain('text/html');
      }
    expect(await enabled(ada)).toBe(true);
    expect((await fetch(token({}))).status).toBe(200);
  });
});

it('holds while the CMS is away, and reaches it afterwards', async () => {
  const ada = person();
  const { link } = await mailTo(ada);
  const turnOff = system.deps.cms.turnOff;
  let refused = 0;
  system.deps.cms.turnOff = async () => {
    refused += 1;
    throw new Error('the CMS is away');
  };
  expect((await oneClick(link)).status).toBe(200);
  await until('the CMS was asked', () => refused > 0);
  expect(await enabled(ada)).toBe(true);
  expect(await suppressedMail(ada)).toMatchObject({ suppressed_reason: 'notifications_disabled' });
  system.deps.cms.turnOff = turnOff;
  await system.deps.db.sql`update opt_outs set attempted_at = now() - interval '1 minute'`;
  await isOff(ada);
});

it.skipIf(!CHROMIUM)('works in a browser: legible, and the button reaches the CMS', async () => {
  const ada = person();
  const { link } = await mailTo(ada);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ viewport: { width: 360, height: 640 }, colorScheme });
      await page.goto(link);
      const screen = await measureScreen(page);
      expect(screen).toMatchObject({ lang: 'en', overflowing: [], faint: [] });
      await page.getByRole('button', { name: 'Stop these mails' }).click();
      await page.getByRole('heading', { name: 'These mails stop' }).waitFor();
      expect((await measureScreen(page)).faint).toEqual([]);
    }
  } finally {
    await browser.close();
  }
  await isOff(ada);
});

it('says to try again while the database is away', async () => {
  const ada = person();
  const { link } = await mailTo(ada);
  const { db } = system.deps;
  const away = () => Promise.reject(new Error('the database is away'));
  system.deps.db = { ...db, sql: away as unknown as typeof db.sql };
  const answers = [await fetch(link), await oneClick(link)];
  system.deps.db = db;
  for (const answer of answers) {
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('60');
    expect(await answer.text()).toContain('Please try again');
  }
  expect((await oneClick(link)).status).toBe(200);
});

function formOf(name: string, value: string): FormData {
  const form = new FormData();
  form.set(name, value);
  return form;
}
