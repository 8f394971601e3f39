import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOKEN } from '../support/builtin-cms.ts';
import { CHROMIUM } from '../support/chromium.ts';
import { measureScreen } from '../support/mail-screen.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** The pages of the built-in CMS in a browser, up to the mail that follows what was set there. */

const PREFERENCES = '/api/user-notification-preferences';
const SHOTS = process.env.PAGE_SHOTS;
const SCREENS = [
  { width: 375, colorScheme: 'light' },
  { width: 375, colorScheme: 'dark' },
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
] as const;

if (!CHROMIUM)
  process.stderr.write('SKIPPED: pages were not looked at, no Chromium or Chrome is installed.\n');

describe.skipIf(!CHROMIUM)('in a browser', () => {
  let system: System;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  beforeAll(async () => {
    system = await startSystem({ webhooks: true, env: { SWEEP_INTERVAL_SECONDS: '1' } });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    context = await browser.newContext();
    page = await context.newPage();
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  const open = (path: string, at = page) => at.goto(system.cms.url + path);
  const press = (name: string, at = page) => at.getByRole('button', { name, exact: true }).click();
  const heading = (name: string | RegExp, at = page) =>
    at.getByRole('heading', { name }).first().waitFor();
  async function logIn(at = page) {
    await at.context().clearCookies();
    await open('/admin', at);
    await at.getByLabel('Token of the CMS').fill(TOKEN);
    await press('Log in', at);
    await heading('Notification preferences', at);
  }
  async function linkFor(email: string): Promise<string> {
    await open('/admin/link');
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Company number').fill('1');
    await page.getByLabel('Bot number').fill('1');
    await press('Make the link');
    return page.getByLabel('Copy it and send it to nobody else').inputValue();
  }
  const batchOf = async (email: string) => {
    const { body } = await system.call('GET', `/api/batches?user_email=${email}`);
    return body.data[0];
  };

  it('an admin logs in with the token, not without', async () => {
    await open('/');
    await heading('Log in');
    await page.getByLabel('Token of the CMS').fill('a guess');
    await press('Log in');
    await heading('You are not logged in');
    await page.getByRole('link', { name: 'This is not the token of the CMS' }).click();
    expect(await page.evaluate('document.activeElement.id')).toBe('token');
    await logIn();
  });

  it('a person opens the link, is told what is wrong, saves, and the open batch follows', async () => {
    const ada = person();
    await system.push(event(ada, documentId()), failure(ada, documentId()));
    await system.applied();
    const before = await batchOf(ada);
    const link = await linkFor(ada);
    const own = await browser.newContext({ locale: 'en-GB' });
    const hers = await own.newPage();
    await hers.goto(link);
    await heading('E-mails about your files', hers);
    expect(hers.url()).toBe(`${system.cms.url}/preferences`);
    expect(await hers.textContent('main')).toContain(ada);
    expect(await hers.textContent('main')).toContain('You have not changed anything yet');
    const minutes = hers.getByLabel('Minutes to wait at most');
    const files = hers.getByLabel('Files that are enough to write sooner');
    expect([await minutes.inputValue(), await files.inputValue()]).toEqual(['30', '5']);

    await minutes.fill('soon');
    await files.fill('101');
    await hers.getByLabel('Time zone').fill('Mars/Olympus');
    await hers.getByLabel('Plain text').check();
    await press('Save settings', hers);
    await heading('Some settings could not be taken', hers);
    expect(await hers.title()).toBe('Error: E-mails about your files');
    expect(await hers.evaluate('document.activeElement.getAttribute("role")')).toBe('alert');
    expect(await hers.getByRole('alert').getByRole('link').allTextContents()).toEqual([
      'Minutes to wait must be a whole number from 1 to 1440',
      'Number of files must be a whole number from 1 to 100',
      'Time zone must be one of the list, such as Europe/Berlin, or empty',
    ]);
    expect([await minutes.inputValue(), await files.inputValue()]).toEqual(['soon', '101']);
    expect(await hers.getByLabel('Plain text').isChecked()).toBe(true);
    await hers.getByRole('link', { name: /^Number of files/ }).click();
    expect(await hers.evaluate('document.activeElement.id')).toBe('batch_size_threshold');

    // From here by keyboard alone.
    await minutes.fill('7');
    await files.fill('9');
    await hers.getByLabel('Time zone').fill('Europe/Berlin');
    await hers.getByLabel('Say why files failed').focus();
    await hers.keyboard.press('Space');
    await files.focus();
    await hers.keyboard.press('Enter');
    await heading('Your settings are saved', hers);
    expect([await minutes.inputValue(), await files.inputValue()]).toEqual(['7', '9']);

    const batch = await until('the open batch is re-timed', async () => {
      const now = await batchOf(ada);
      return now.due_at !== before.due_at && now;
    });
    const delay = Date.parse(batch.due_at) - Date.parse(batch.batch_start_time);
    expect(delay).toBe(7 * 60_000);
    await files.fill('2');
    await press('Save settings', hers);
    const [mail] = await system.mails(ada);
    expect(mail?.html).toBeFalsy();
    expect(mail?.text).not.toContain('the parser gave up');
    await press('Leave this page', hers);
    await heading('You have left the page', hers);
    await open('/preferences', hers);
    await heading('Please open your link', hers);
    await own.close();
  });

  it('speaks the language of the person', async () => {
    const ada = person();
    const data = { company: 1, bot: 1, user_email: ada, locale: 'de-AT' };
    await system.cms.call('POST', PREFERENCES, { data });
    await page.goto(await linkFor(ada));
    await heading('E-Mails zu Ihren Dateien');
    await page.getByLabel(/Minuten/).fill('');
    await press('Einstellungen speichern');
    await heading('Einige Einstellungen konnten nicht übernommen werden');
  });

  it('an admin finds, adds, changes and deletes', async () => {
    const ada = person('ADMINED');
    await logIn();
    await page.getByRole('link', { name: 'Add', exact: true }).click();
    await page.getByLabel('E-mail address').fill('nobody');
    await page.getByLabel('Company number').fill('0');
    await press('Add');
    await heading('Nothing was saved');
    expect(await page.getByRole('alert').getByRole('link').allTextContents()).toEqual([
      'E-mail address must look like ann@example.com',
      'Company number must be a whole number from 1 to 2147483647',
      'Bot number must be a whole number from 1 to 2147483647',
    ]);
    await page.getByLabel('E-mail address').fill(ada);
    await page.getByLabel('Company number').fill('77');
    await page.getByLabel('Bot number').fill('3');
    await press('Add');
    await page.getByText('The preferences were added.').waitFor();
    await page.getByRole('link', { name: 'Add', exact: true }).click();
    await page.getByLabel('E-mail address').fill(ada.toUpperCase());
    await page.getByLabel('Company number').fill('77');
    await page.getByLabel('Bot number').fill('3');
    await press('Add');
    await page.getByRole('link', { name: /already has preferences/ }).waitFor();

    await open('/admin/preferences');
    await page.getByLabel('Part of an e-mail address').fill(ada.slice(0, 12).toUpperCase());
    await page.getByLabel('Company number').fill('77');
    await press('Filter');
    expect(await page.locator('tbody tr').count()).toBe(1);
    await page.getByRole('link', { name: ada.toLowerCase() }).click();
    await page.getByLabel('Send e-mails').uncheck();
    await press('Save');
    await page.getByText('The preferences were saved.').waitFor();
    const path = `${PREFERENCES}/by-user/77/3/${ada}`;
    const applied = async () => (await system.cms.call('GET', path)).body;
    expect((await applied()).data).toMatchObject({ notification_enabled: false });

    await open('/admin/preferences?company_id=77');
    await page.getByRole('link', { name: ada.toLowerCase() }).click();
    await page.getByRole('link', { name: 'Delete…' }).click();
    await heading('Delete preferences?');
    expect((await applied()).fallback_applied).toBe(false);
    await press('Delete');
    await page.getByText('The preferences were deleted.').waitFor();
    expect((await applied()).fallback_applied).toBe(true);
    await press('Log out');
    await heading('Log in');
    await open('/admin/preferences');
    await heading('Log in');
  });

  it('every page fits its screen and can be read', { timeout: 120_000 }, async () => {
    await logIn();
    const naughty = `${'a'.repeat(60)}@${'very-long-label.'.repeat(8)}example.com`;
    for (let index = 0; index < 30; index += 1)
      await system.cms.call('POST', PREFERENCES, {
        data: {
          company: 500,
          bot: 1 + (index % 3),
          user_email: index === 0 ? naughty : `colleague-${index}@example.com`,
          notification_enabled: index % 7 !== 3,
          batch_size_threshold: 1 + (index % 5),
          email_format: index % 4 ? 'html' : 'text',
          locale: index % 3 ? null : 'de-AT',
        },
      });
    const bots = { id: 1, name: 'Handbook bot' };
    await system.cms.call('PUT', '/api/bots/1', { data: { name: bots.name } });
    await system.cms.call('PUT', '/api/companies/500', { data: { name: 'Ærø & Sons <Ltd>' } });
    const { body } = await system.cms.call('GET', `${PREFERENCES}?company_id=500&pageSize=1`);
    const [row] = body.data as unknown as { documentId: string }[];
    await page.goto(await linkFor('colleague-3@example.com'));
    const nonsense = (at: Page, button: string) => async () => {
      await at.getByLabel(/Minutes/).fill('soon');
      await at.getByLabel(/Files that are enough/).fill('0');
      await at.getByLabel(/Language/).fill('?');
      await press(button, at);
      await at.getByRole('alert').waitFor();
    };
    const states: [string, string, (() => Promise<void>)?][] = [
      ['person', '/preferences'],
      ['person-saved', '/preferences?saved'],
      ['person-errors', '/preferences', nonsense(page, 'Save settings')],
      ['list', '/admin/preferences?company_id=500'],
      ['list-filter', '/admin/preferences?company_id=x&user_email=nobody&done=saved'],
      ['edit', `/admin/preferences/${row?.documentId}`],
      ['edit-errors', `/admin/preferences/${row?.documentId}`, nonsense(page, 'Save')],
      ['delete', `/admin/preferences/${row?.documentId}/delete`],
      ['missing', '/admin/preferences/none'],
      ['link', '/admin/link'],
      ['no-link', '/preferences/link?token=1.x.y'],
    ];
    for (const { width, colorScheme } of SCREENS) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      for (const [name, path, then] of states) {
        await open(path);
        await then?.();
        const screen = await measureScreen(page);
        if (SHOTS)
          await page.screenshot({
            path: `${SHOTS}/${name}-${width}-${colorScheme}.png`,
            fullPage: true,
          });
        expect({ name, width, ...screen }).toMatchObject({
          lang: 'en',
          overflowing: [],
          faint: [],
        });
        expect(screen.headings.filter((tag) => tag === 'H1')).toHaveLength(1);
      }
    }
  });
});
