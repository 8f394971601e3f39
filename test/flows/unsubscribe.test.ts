import { chromium } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { signUnsubscribeLink } from '../../src/domain/unsubscribe-link.ts';
import { CHROMIUM } from '../support/chromium.ts';
import { measureScreen } from '../support/mail-screen.ts';
import { person } from '../support/system.ts';
import { oneClick, SECRET, unsubscribeLab } from '../support/unsubscribe-lab.ts';
import { until } from '../support/until.ts';

/** From the link in a mail to notifications that are off in the CMS. */

const lab = unsubscribeLab();
const { mailTo, suppressedMail, enabled, isOff } = lab;

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
    const [none] = await lab.system.deps.db.sql`select count(*) as count from opt_outs`;
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
      const [row] = await lab.system.deps.db.sql`
        select applied_at from opt_outs where user_email = ${ada}`;
      return row?.applied_at;
    });
    const { body } = await lab.system.cms.call(
      'GET',
      `/api/user-notification-preferences?user_email=${ada}`,
    );
    const [row] = body.data as unknown as { documentId: string }[];
    const data = { notification_enabled: true };
    await lab.system.cms.call('PUT', `/api/user-notification-preferences/${row?.documentId}`, {
      data,
    });
    await lab.system.deps.preferences.invalidate({ company_id: 1, bot_id: 1, user_email: ada });
    await mailTo(ada);
    expect(await lab.system.inbox(ada)).toHaveLength(2);
  });

  it('speaks the language of the person, and of the browser where it cannot know them', async () => {
    const ada = person();
    const data = { company: 1, bot: 1, user_email: ada, locale: 'de-AT' };
    await lab.system.cms.call('POST', '/api/user-notification-preferences', { data });
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
    const [row] = await lab.system.deps.db.sql<{ id: number }[]>`
      select id from email_notification_log where recipient_email = ${ada}`;
    const token = (changes: object, secret = SECRET) =>
      `${lab.system.url}/unsubscribe/${signUnsubscribeLink(
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
      [`${lab.system.url}/unsubscribe/x`, 404],
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

function formOf(name: string, value: string): FormData {
  const form = new FormData();
  form.set(name, value);
  return form;
}
