import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM } from '../support/chromium.ts';
import { heading, linkOf, logInto, press } from '../support/cms-pages.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** The pages of the built-in CMS in a browser, up to the mail that follows what was set there. */

const PREFERENCES = '/api/user-notification-preferences';

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
  const logIn = () => logInto(page, system.cms.url);
  const linkFor = (email: string) => linkOf(page, system.cms.url, email);
  const batchOf = async (email: string) => {
    const { body } = await system.call('GET', `/api/batches?user_email=${email}`);
    return body.data[0];
  };

  it('an admin logs in with the token, not without', async () => {
    await open('/');
    await heading(page, 'Log in');
    await page.getByLabel('Token of the CMS').fill('a guess');
    await press(page, 'Log in');
    await heading(page, 'You are not logged in');
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
    await heading(hers, 'E-mails about your files');
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
    await press(hers, 'Save settings');
    await heading(hers, 'Some settings could not be taken');
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
    await heading(hers, 'Your settings are saved');
    expect([await minutes.inputValue(), await files.inputValue()]).toEqual(['7', '9']);

    const batch = await until('the open batch is re-timed', async () => {
      const now = await batchOf(ada);
      return now.due_at !== before.due_at && now;
    });
    const delay = Date.parse(batch.due_at) - Date.parse(batch.batch_start_time);
    expect(delay).toBe(7 * 60_000);
    await files.fill('2');
    await press(hers, 'Save settings');
    const [mail] = await system.mails(ada);
    expect(mail?.html).toBeFalsy();
    expect(mail?.text).not.toContain('the parser gave up');
    await press(hers, 'Leave this page');
    await heading(hers, 'You have left the page');
    await open('/preferences', hers);
    await heading(hers, 'Please open your link');
    await own.close();
  });

  it('speaks the language of the person', async () => {
    const ada = person();
    const data = { company: 1, bot: 1, user_email: ada, locale: 'de-AT' };
    await system.cms.call('POST', PREFERENCES, { data });
    await page.goto(await linkFor(ada));
    await heading(page, 'E-Mails zu Ihren Dateien');
    await page.getByLabel(/Minuten/).fill('');
    await press(page, 'Einstellungen speichern');
    await heading(page, 'Einige Einstellungen konnten nicht übernommen werden');
  });

  it('an admin finds, adds, changes and deletes', async () => {
    const ada = person('ADMINED');
    await logIn();
    await page.getByRole('link', { name: 'Add', exact: true }).click();
    await page.getByLabel('E-mail address').fill('nobody');
    await page.getByLabel('Company number').fill('0');
    await press(page, 'Add');
    await heading(page, 'Nothing was saved');
    expect(await page.getByRole('alert').getByRole('link').allTextContents()).toEqual([
      'E-mail address must look like ann@example.com',
      'Company number must be a whole number from 1 to 2147483647',
      'Bot number must be a whole number from 1 to 2147483647',
    ]);
    await page.getByLabel('E-mail address').fill(ada);
    await page.getByLabel('Company number').fill('77');
    await page.getByLabel('Bot number').fill('3');
    await press(page, 'Add');
    await page.getByText('The preferences were added.').waitFor();
    await page.getByRole('link', { name: 'Add', exact: true }).click();
    await page.getByLabel('E-mail address').fill(ada.toUpperCase());
    await page.getByLabel('Company number').fill('77');
    await page.getByLabel('Bot number').fill('3');
    await press(page, 'Add');
    await page.getByRole('link', { name: /already has preferences/ }).waitFor();

    await open('/admin/preferences');
    await page.getByLabel('E-mail contains').fill(ada.slice(0, 12).toUpperCase());
    await page.getByLabel('Company number').fill('77');
    await press(page, 'Filter');
    expect(await page.locator('tbody tr').count()).toBe(1);
    await page.getByRole('link', { name: ada.toLowerCase() }).click();
    await page.getByLabel('Send e-mails').uncheck();
    await press(page, 'Save');
    await page.getByText('The preferences were saved.').waitFor();
    const path = `${PREFERENCES}/by-user/77/3/${ada}`;
    const applied = async () => (await system.cms.call('GET', path)).body;
    expect((await applied()).data).toMatchObject({ notification_enabled: false });

    await open('/admin/preferences?company_id=77');
    await page.getByRole('link', { name: ada.toLowerCase() }).click();
    await page.getByRole('link', { name: 'Delete…' }).click();
    await heading(page, 'Delete preferences?');
    expect((await applied()).fallback_applied).toBe(false);
    await press(page, 'Delete');
    await page.getByText('The preferences were deleted.').waitFor();
    expect((await applied()).fallback_applied).toBe(true);
    await press(page, 'Log out');
    await heading(page, 'Log in');
    await open('/admin/preferences');
    await heading(page, 'Log in');
  });
});
