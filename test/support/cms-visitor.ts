import { afterAll, beforeAll, expect } from 'vitest';
import { personLink } from '../../cms/builtin/pages/links.ts';
import {
  emptyDatabase,
  PAGE_SECRET,
  type RunningCms,
  rowsOf,
  runCms,
  TOKEN,
} from './builtin-cms.ts';

/** The built-in CMS's pages as a program meets them that sends what it likes. */

export const PREFERENCES = '/api/user-notification-preferences';
export const ANN = { company_id: 1, bot_id: 1, user_email: 'ann@example.com' };
/** What a form of preferences sends. */
export const SETTINGS = {
  notification_enabled: 'on',
  notification_delay_minutes: '30',
  batch_size_threshold: '5',
  email_format: 'html',
};

export interface CmsPages {
  cms: RunningCms;
  databaseUrl: string;
  /** A person's link to their preferences. */
  linkOf(owner?: typeof ANN, now?: Date, secret?: string): string;
  /** The preferences the CMS has of this person. */
  rowOf(email: string): Promise<ReturnType<typeof rowsOf>[number] | undefined>;
  visitor(base?: string): Visitor;
  /** A visitor who has logged in. */
  admin(token?: string, base?: string): Promise<Visitor>;
}

/** Call once at the top of a test file: a CMS for all its tests. */
export function cmsPages(): CmsPages {
  const pages = {
    linkOf: (owner = ANN, now = new Date(), secret = PAGE_SECRET) =>
      personLink(pages.cms.url, owner, secret, now).url,
    rowOf: async (email) =>
      rowsOf(await pages.cms.call('GET', `${PREFERENCES}?user_email=${email}`))[0],
    visitor: (base = pages.cms.url) => visitorOf(base),
    admin: async (token = TOKEN, base = pages.cms.url) => {
      const browser = visitorOf(base);
      expect((await browser.ask('/admin/login', { token })).status).toBe(303);
      return browser;
    },
  } as CmsPages;
  let database: Awaited<ReturnType<typeof emptyDatabase>>;
  beforeAll(async () => {
    database = await emptyDatabase();
    pages.databaseUrl = database.url;
    pages.cms = await runCms(database.url, { apiTokens: ['other-token', TOKEN] });
  });
  afterAll(async () => {
    await pages.cms.close();
    await database.drop();
  });
  return pages;
}

type Visitor = ReturnType<typeof visitorOf>;

/** A browser without scripts: one cookie, no redirects. */
function visitorOf(base: string) {
  let cookie = '';
  const ask = async (path: string, form?: Record<string, string>) => {
    const response = await fetch(new URL(path, base), {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { cookie },
      ...(form ? { body: new URLSearchParams(form) } : {}),
    });
    const [set] = response.headers.getSetCookie();
    if (set) cookie = set.split(';', 1)[0]!;
    return { status: response.status, headers: response.headers, set, text: await response.text() };
  };
  return {
    ask,
    cookie: () => cookie,
    csrf: async (path: string) => /name="csrf" value="([^"]+)"/.exec((await ask(path)).text)![1]!,
  };
}
