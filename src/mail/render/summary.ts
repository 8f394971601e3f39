import type { NotificationSettings } from '../../contracts/preferences.ts';
import { appLink } from './app-link.ts';
import { type FileSection, failedRow, fileSection } from './file-rows.ts';
import { LISTED_FILES, type MailFile } from './mail-file.ts';
import { subjectLine } from './subject-line.ts';
import { type Counts, countSentence, type TallyPart, tally } from './tally.ts';
import { type RenderedMail, templateOf } from './templates.ts';
import { shortName } from './untrusted-text.ts';
import { type Wording, wordingFor } from './wording.ts';

/** One batch of the period, counted. */
export interface SummaryBatch {
  batch_id: string;
  bot_id: number;
  batch_end_time: Date;
  total_files: number;
  successful_files: number;
  failed_files: number;
}

/** A person's day or week. Lists hold the first `LISTED_FILES` at most; totals count everything. */
export interface SummaryMail {
  period: 'day' | 'week';
  from: Date;
  /** Exclusive: the first instant after the period. */
  to: Date;
  user_email: string;
  totals: { batches: number; files: number; successful: number; failed: number };
  batches: SummaryBatch[];
  failed: MailFile[];
  preferences: Pick<NotificationSettings, 'email_format' | 'include_error_details'> & {
    locale?: string | null;
    timezone?: string | null;
  };
  app_url?: string;
  /** Where the person can stop these mails; without it the footer does not offer it. */
  unsubscribe_url?: string;
}

interface SummaryView {
  lang: string;
  subject: string;
  preheader: string;
  title: string;
  period: string;
  counts: string;
  tally: TallyPart[];
  batchesHeading: string;
  batches: { when: string; bot: string; counts: string; link: string | null }[];
  moreBatches: string | null;
  failed: FileSection | null;
  why: string;
  zone: string;
  recipient: string;
  unsubscribe: string | null;
  stop: string;
}

const template = templateOf<SummaryView>('summary');

/** The mail that sums up a person's day or week. */
export async function renderSummary(mail: SummaryMail): Promise<RenderedMail> {
  const { html, text } = await template();
  const view = summaryView(mail, wordingFor(mail.preferences));
  const wantsHtml = mail.preferences.email_format === 'html';
  return { subject: view.subject, html: wantsHtml ? html(view) : null, text: text(view) };
}

function summaryView(mail: SummaryMail, wording: Wording): SummaryView {
  const { batch, files, language, summary: words, unsubscribe, zone } = wording.locale;
  const counts = countsOf(mail.totals.files, mail.totals.successful, mail.totals.failed);
  const { first, next } = batch.headline;
  const quiet = mail.totals.files === 0;
  const sentence = quiet ? words.quiet : `${countSentence(wording, counts, first, next)}.`;
  const short = countSentence(wording, counts, batch.subject, files.short);
  const rows = mail.batches.slice(0, LISTED_FILES);
  const left = mail.totals.batches - rows.length;
  return {
    lang: language,
    subject: subjectLine(
      quiet
        ? words.title[mail.period]
        : wording.fill(words.subject[mail.period], { counts: short }),
    ),
    preheader: sentence,
    title: words.title[mail.period],
    period: wording.dateRange(mail.from, new Date(mail.to.getTime() - 1)),
    counts: sentence,
    tally: quiet ? [] : tally(wording, counts),
    batchesHeading: words.batches,
    batches: rows.map((row) => batchRow(row, wording, mail.app_url)),
    moreBatches: left > 0 ? wording.plural(words.moreBatches, left) : null,
    failed: fileSection(wording, 'failed', mail.failed, counts.failed, (file) =>
      failedRow(wording, file, mail.preferences.include_error_details),
    ),
    why: words.why,
    zone: wording.fill(zone, { zone: wording.zone }),
    unsubscribe: mail.unsubscribe_url ?? null,
    stop: unsubscribe.action,
    recipient: wording.fill(batch.recipient, { email: shortName(mail.user_email) }),
  };
}

function batchRow(row: SummaryBatch, wording: Wording, appUrl: string | undefined) {
  const counts = countsOf(row.total_files, row.successful_files, row.failed_files);
  const { short } = wording.locale.files;
  return {
    when: wording.dateTime(row.batch_end_time),
    bot: wording.fill(wording.locale.batch.bot, { id: row.bot_id }),
    counts: countSentence(wording, counts, short, short),
    link: appLink(appUrl, 'batches', row.batch_id),
  };
}

function countsOf(total: number, ready: number, failed: number): Counts {
  return { ready, failed, unfinished: Math.max(0, total - ready - failed) };
}
