import type { Outcome } from '../locales/locale.ts';

/**
 * The colour of each outcome, written into every element because some clients drop style sheets.
 * `ink` is for text (contrast at least 4.5:1 on the sheet), `bar` for surfaces. The dark
 * counterparts stand in `templates/theme.mjml`.
 */
export const PALETTE: Record<Outcome, { ink: string; bar: string }> = {
  ready: { ink: '#28694c', bar: '#4d9375' },
  failed: { ink: '#a13a2c', bar: '#c4604f' },
  unfinished: { ink: '#80590b', bar: '#d3a550' },
};
