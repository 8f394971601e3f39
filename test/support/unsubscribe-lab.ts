import { afterAll, beforeAll } from 'vitest';
import { documentId, event, type System, startSystem } from './system.ts';
import { until } from './until.ts';

/** Mails with a link that turns them off, and what the CMS says of it. */

export const SECRET = 'the secret of this test';

/** What a mailbox provider sends when its button is pressed. */
export const oneClick = (link: string, init: RequestInit = {}) =>
  fetch(link, { method: 'POST', body: new URLSearchParams('List-Unsubscribe=One-Click'), ...init });

/** Call once at the top of a test file: a system for all its tests. */
export function unsubscribeLab() {
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

  async function suppressedMail(email: string, more: object = {}) {
    await system.push(event(email, documentId(), more));
    await system.applied();
    await system.makeDue(email);
    return until('the mail is suppressed', async () => {
      const { body } = await system.call('GET', `/api/emails?user_email=${email}`);
      return body.data[0]?.send_status === 'suppressed' && body.data[0];
    });
  }

  return {
    get system() {
      return system;
    },
    mailTo,
    suppressedMail,
    enabled,
    isOff,
  };
}
