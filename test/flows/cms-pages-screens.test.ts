import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyDatabase, type RunningCms, rowsOf, runCms } from '../support/builtin-cms.ts';
import { CHROMIUM } from '../support/chromium.ts';
import { linkOf, logInto, press } from '../support/cms-pages.ts';
import { measureScreen } from '../support/mail-screen.ts';

/** Every page of the built-in CMS on small and large screens, light and dark. */

const PREFERENCES = '/api/user-notification-preferences';
/** A folder to keep pictures in, for somebody who wants to look. */
const SHOTS = process.env.PAGE_SHOTS;
const SCREENS = [
  { width: 375, colorScheme: 'light' },
  { width: 375, colorScheme: 'dark' },
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
] as const;
const LONG = `${'a'.repeat(60)}@${'very-long-label.'.repeat(8)}example.com`;

describe.skipIf(!CHROMIUM)('pages on a screen', () => {
  let database: Awaited<ReturnType<typeof emptyDatabase>>;
  let cms: RunningCms;
  let browser: Browser;
  let page: Page;
  const states: [string, string, (() => Promise<void>)?][] = [];

  beforeAll(async () => {
    database = await emptyDatabase();
    cms = await runCms(database.url);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    page = await browser.newPage();
    for (let index = 0; index < 30; index += 1)
      await cms.call('POST', PREFERENCES, {
        data: {
          company: 500,
          bot: 1 + (index % 3),
          user_email: index === 0 ? LONG : `colleague-${index}@example.com`,
          notification_enabled: index % 7 !== 3,
          batch_size_threshold: 1 + (index % 5),
          email_format: index % 4 ? 'html' : 'text',
          locale: index % 3 ? null : 'de-AT',
        },
      });
    await cms.call('PUT', '/api/bots/1', { data: { name: 'Handbook bot' } });
    await cms.call('PUT', '/api/companies/500', { data: { name: 'Ærø & Sons <Ltd>' } });
    const [row] = rowsOf(await cms.call('GET', `${PREFERENCES}?company_id=500&pageSize=1`));
    const edit = `/admin/preferences/${row?.documentId}`;
    await logInto(page, cms.url);
    await page.goto(await linkOf(page, cms.url, 'ann@example.com'));
    states.push(
      ['person', '/preferences'],
      ['person-saved', '/preferences?saved'],
      ['person-errors', '/preferences', nonsense('Save settings')],
      ['list', '/admin/preferences?company_id=500'],
      ['list-filter', '/admin/preferences?company_id=x&user_email=nobody&done=saved'],
      ['edit', edit],
      ['edit-errors', edit, nonsense('Save')],
      ['delete', `${edit}/delete`],
      ['missing', '/admin/preferences/none'],
      ['link', '/admin/link'],
      ['no-link', '/preferences/link?token=1.x.y'],
    );
  });
  afterAll(async () => {
    await browser?.close();
    await cms?.close();
    await database?.drop();
  });

  const nonsense = (button: string) => async () => {
    await page.getByLabel(/Minutes/).fill('soon');
    await page.getByLabel(/Files that are enough/).fill('0');
    await page.getByLabel(/Language/).fill('?');
    await press(page, button);
    await page.getByRole('alert').waitFor();
  };

  it.each(SCREENS)(
    '$width wide, $colorScheme: fit and can be read',
    async ({ width, colorScheme }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      for (const [name, path, then] of states) {
        await page.goto(cms.url + path);
        await then?.();
        const screen = await measureScreen(page);
        if (SHOTS)
          await page.screenshot({
            path: `${SHOTS}/${name}-${width}-${colorScheme}.png`,
            fullPage: true,
          });
        expect({ name, ...screen }).toMatchObject({ lang: 'en', overflowing: [], faint: [] });
        expect(screen.headings.filter((tag) => tag === 'H1')).toHaveLength(1);
      }
    },
  );
});
