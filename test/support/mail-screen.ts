import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

/** Plain JavaScript, because it runs in a browser, whose globals the rest of the code must not see. */
const MEASURE = readFileSync(new URL('./mail-screen.browser.js', import.meta.url), 'utf8');

/** What can be measured of a mail on a screen. */
export interface Screen {
  lang: string;
  background: string;
  scrollWidth: number;
  /** Elements that reach beyond the screen. */
  overflowing: string[];
  /** Texts that are too faint for WCAG AA, with their contrast. */
  faint: string[];
  headings: string[];
}

/** Measures the mail shown in a page. Contrast is WCAG 2 AA: 4.5, or 3 from 24 px. */
export function measureScreen(page: Page): Promise<Screen> {
  return page.evaluate<Screen>(MEASURE);
}
