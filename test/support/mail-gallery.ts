import { renderBatchCompletion } from '../../src/mail/render/batch-completion.ts';
import { renderErrorAlert } from '../../src/mail/render/error-alert.ts';
import { renderSummary } from '../../src/mail/render/summary.ts';
import type { RenderedMail } from '../../src/mail/render/templates.ts';
import { ALERT_MAILS, SUMMARY_MAILS } from './alert-and-summary-fixtures.ts';
import { BATCH_MAILS } from './mail-fixtures.ts';

/** One mail in one state and one language. `id` is fit for a URL path. */
export interface GalleryState {
  id: string;
  template: 'batch-completion' | 'error-alert' | 'summary';
  state: string;
  language: string;
  render: () => Promise<RenderedMail>;
}

/** Region tags, so that dates and numbers are seen in more than one form. */
const LANGUAGES = ['en-GB', 'de-DE'];

/** Every template in every state and language. */
export function galleryStates(): GalleryState[] {
  return LANGUAGES.flatMap((locale) => [
    ...Object.entries(BATCH_MAILS).map(([state, mail]) => {
      const localized = { ...mail, preferences: { ...mail.preferences, locale } };
      return entry('batch-completion', state, locale, () => renderBatchCompletion(localized));
    }),
    ...Object.entries(SUMMARY_MAILS).map(([state, mail]) => {
      const localized = { ...mail, preferences: { ...mail.preferences, locale } };
      return entry('summary', state, locale, () => renderSummary(localized));
    }),
    ...Object.entries(ALERT_MAILS).map(([kind, mail]) =>
      entry('error-alert', kind, locale, () => renderErrorAlert({ ...mail, locale })),
    ),
  ]);
}

function entry(
  template: GalleryState['template'],
  state: string,
  locale: string,
  render: () => Promise<RenderedMail>,
): GalleryState {
  const language = locale.slice(0, 2);
  const slug = state.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return { id: `${template}-${slug}-${language}`, template, state, language, render };
}
