import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { galleryStates } from '../support/mail-gallery.ts';
import { measureScreen } from '../support/mail-screen.ts';

const CHROMIUM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => existsSync(path));

if (!CHROMIUM)
  process.stderr.write('SKIPPED: mails were not looked at, no Chromium or Chrome is installed.\n');

const SCREENS = [
  { width: 375, scheme: 'light' },
  { width: 375, scheme: 'dark' },
  { width: 800, scheme: 'light' },
  { width: 800, scheme: 'dark' },
] as const;

const mails = galleryStates();

describe.skipIf(!CHROMIUM)('mails on a screen', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  describe.each(SCREENS)('$width wide, $scheme', ({ width, scheme }) => {
    let page: Page;
    const requests: string[] = [];
    beforeAll(async () => {
      page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
      page.on('request', (request) => requests.push(request.url()));
    });
    afterAll(() => page?.close());

    test.each(mails)('$id', async ({ language, render }) => {
      const { html } = await render();
      if (html === null) return;
      await page.setContent(html);
      const screen = await measureScreen(page);
      expect(screen.lang).toBe(language);
      expect(screen.scrollWidth).toBeLessThanOrEqual(width);
      expect(screen.overflowing).toEqual([]);
      expect(screen.faint).toEqual([]);
      expect(screen.headings[0]).toBe('H1');
      expect(screen.headings.filter((heading) => heading === 'H1')).toHaveLength(1);
      expect(screen.background).toBe(scheme === 'dark' ? 'rgb(25, 24, 22)' : 'rgb(243, 239, 231)');
      expect(requests).toEqual([]);
    });
  });
});
