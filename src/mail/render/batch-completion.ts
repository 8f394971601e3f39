import type { NotificationSettings } from '../../contracts/preferences.ts';
import type { BatchStatus, CloseReason } from '../../domain/batching.ts';
import type { Locale } from '../locales/locale.ts';
import { appLink } from './app-link.ts';
import { type ConflictFile, conflictSections } from './conflict-rows.ts';
import { type FileSection, failedRow, fileSection, namedRow, readyRow } from './file-rows.ts';
import type { MailFile } from './mail-file.ts';
import { subjectLine } from './subject-line.ts';
import { type Counts, countSentence, singleOutcome, type TallyPart, tally } from './tally.ts';
import { type RenderedMail, templateOf } from './templates.ts';
import { shortName } from './untrusted-text.ts';
import { type Wording, wordingFor } from './wording.ts';

export { LISTED_FILES, type MailFile } from './mail-file.ts';
export type { RenderedMail } from './templates.ts';

/** One closed batch, ready to be told. Each file list holds the first `LISTED_FILES` at most. */
export interface BatchMail {
  batch_id: string;
  company_id: number;
  bot_id: number;
  user_email: string;
  closed_by: CloseReason;
  status: BatchStatus;
  batch_start_time: Date;
  batch_end_time: Date;
  total_files: number;
  successful_files: number;
  failed_files: number;
  preferences: NotificationSettings & { locale?: string | null; timezone?: string | null };
  files: { failed: MailFile[]; unfinished: MailFile[]; successful: MailFile[] };
  /** Files of this or an earlier mail that a clean-up took parts of while they succeeded. */
  conflicts: ConflictFile[];
  /** The web application's address; without it the mail has no link. */
  app_url?: string;
  /** Where the person can stop these mails; without it the footer does not offer it. */
  unsubscribe_url?: string;
  /** Whether the complete list travels with the mail as CSV. */
  attachment?: boolean;
}

interface BatchView {
  lang: string;
  subject: string;
  preheader: string;
  bot: string;
  headline: string;
  period: string;
  tally: TallyPart[];
  stillRunning: string | null;
  failed: FileSection | null;
  unfinished: FileSection | null;
  ready: FileSection | null;
  lost: FileSection | null;
  restored: FileSection | null;
  attachment: string | null;
  link: string | null;
  open: string;
  why: string;
  zone: string;
  recipient: string;
  unsubscribe: string | null;
  stop: string;
  reference: string;
}

const template = templateOf<BatchView>('batch-completion');

/** The mail that tells one person what became of the files of one batch. */
export async function renderBatchCompletion(mail: BatchMail): Promise<RenderedMail> {
  const { html, text } = await template();
  const view = batchView(mail, wordingFor(mail.preferences));
  const wantsHtml = mail.preferences.email_format === 'html';
  return { subject: view.subject, html: wantsHtml ? html(view) : null, text: text(view) };
}

function batchView(mail: BatchMail, wording: Wording): BatchView {
  const { locale, fill } = wording;
  const words = locale.batch;
  const counts = countsOf(mail);
  const headline = headlineOf(wording, counts);
  const period = wording.dateTimeRange(mail.batch_start_time, mail.batch_end_time);
  return {
    lang: locale.language,
    subject: subjectOf(mail, wording, counts),
    preheader: `${headline}. ${period}`,
    bot: fill(words.bot, { id: mail.bot_id }),
    headline,
    period,
    tally: tally(wording, counts),
    stillRunning: counts.unfinished > 0 ? words.stillRunning : null,
    ...sections(mail, wording, counts),
    ...conflictSections(wording, mail.conflicts),
    attachment: mail.attachment ? words.attachment : null,
    link: appLink(mail.app_url, 'batches', mail.batch_id),
    open: words.open,
    why: words.why[mail.closed_by],
    zone: fill(locale.zone, { zone: wording.zone }),
    unsubscribe: mail.unsubscribe_url ?? null,
    stop: locale.unsubscribe.action,
    recipient: fill(words.recipient, { email: shortName(mail.user_email) }),
    reference: fill(words.reference, { id: shortName(mail.batch_id) }),
  };
}

function countsOf(mail: BatchMail): Counts {
  const { total_files: total, successful_files: ready, failed_files: failed } = mail;
  return { ready, failed, unfinished: Math.max(0, total - ready - failed) };
}

function sections(mail: BatchMail, wording: Wording, counts: Counts) {
  const { include_error_details: reasons, include_success_details: successes } = mail.preferences;
  const { failed, unfinished, successful } = mail.files;
  return {
    failed: fileSection(wording, 'failed', failed, counts.failed, (file) =>
      failedRow(wording, file, reasons),
    ),
    unfinished: fileSection(wording, 'unfinished', unfinished, counts.unfinished, (file) =>
      namedRow(wording, file),
    ),
    ready: successes
      ? fileSection(wording, 'ready', successful, counts.ready, (file) => readyRow(wording, file))
      : null,
  };
}

function headlineOf(wording: Wording, counts: Counts): string {
  const { headline, single }: Locale['batch'] = wording.locale.batch;
  const only = singleOutcome(counts);
  return only
    ? single.headline[only]
    : countSentence(wording, counts, headline.first, headline.next);
}

/** Counts alone, so that no file data stands in a header; a single file is named. */
function subjectOf(mail: BatchMail, wording: Wording, counts: Counts): string {
  const { batch, files } = wording.locale;
  const only = singleOutcome(counts);
  const [file] = [...mail.files.failed, ...mail.files.unfinished, ...mail.files.successful];
  if (!only || !file) return countSentence(wording, counts, batch.subject, files.short);
  const name =
    shortName(file.file_name, { characters: 80, bytes: 240 }) || wording.locale.files.unnamed;
  return subjectLine(wording.fill(batch.single.subject[only], { name }));
}
