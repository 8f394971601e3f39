import { existsSync } from 'node:fs';

/** Path of an installed Chromium or Chrome; undefined where there is none, and tests that look at pages are skipped. */
export const CHROMIUM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => existsSync(path));
