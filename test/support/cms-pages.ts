import type { Page } from 'playwright-core';
import { TOKEN } from './builtin-cms.ts';

/** What a visitor of the built-in CMS's pages does, in a browser. */

/** Presses the button of this name. */
export const press = (page: Page, name: string) =>
  page.getByRole('button', { name, exact: true }).click();

/** Waits for a heading. */
export const heading = (page: Page, name: string) =>
  page.getByRole('heading', { name }).first().waitFor();

/** Logs in as an admin, anew. */
export async function logInto(page: Page, url: string): Promise<void> {
  await page.context().clearCookies();
  await page.goto(`${url}/admin`);
  await page.getByLabel('Token of the CMS').fill(TOKEN);
  await press(page, 'Log in');
  await heading(page, 'Notification preferences');
}

/** Lets an admin who is logged in make the link of a person of company 1 and bot 1. */
export async function linkOf(page: Page, url: string, email: string): Promise<string> {
  await page.goto(`${url}/admin/link`);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Company number').fill('1');
  await page.getByLabel('Bot number').fill('1');
  await press(page, 'Make the link');
  return page.getByLabel('Copy it and send it to nobody else').inputValue();
}
