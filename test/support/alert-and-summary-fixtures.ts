import type { CorrectionRow } from '../../src/db/queries/corrections.ts';
import type { EmailRow } from '../../src/db/queries/emails.ts';
import type { RestoreRow } from '../../src/db/queries/restores.ts';
import type { AlertKind } from '../../src/mail/locales/locale.ts';
import type { AlertMail } from '../../src/mail/render/error-alert.ts';
import { LISTED_FILES } from '../../src/mail/render/mail-file.ts';
import type { SummaryMail } from '../../src/mail/render/summary.ts';
import { StoreError } from '../../src/stores/store-error.ts';
import { type Alert, alertMail } from '../../src/workers/alert.ts';
import { correctionAlert, restoreAlert } from '../../src/workers/alert-correction.ts';
import { mailAlert, quotaAlert } from '../../src/workers/alert-mail.ts';
import { queueAlert } from '../../src/workers/alert-queue.ts';
import { storeAlert } from '../../src/workers/alert-store.ts';
import { brakeAlert } from '../../src/workers/engage-brake.ts';
import { failedFile, UNSUBSCRIBE_URL } from './mail-fixtures.ts';
import { NAUGHTY_STRINGS } from './naughty-strings.ts';

/**
 * Every state of the mails to operators and of the summaries, for the gallery and the tests. Alerts are
 * what the workers write of such rows, so that none is shown as nobody gets it.
 */

const since = new Date('2026-11-20T08:15:00Z');

const task = {
  id: 12,
  file_document_id: 'k3v9x2m1p8q7w5z4',
  company_id: 7,
  bot_id: 7,
  correction_actions: ['chroma_delete', 's3_delete', 'cms_delete'],
  not_applicable: {},
  execution_log: [{}, {}, {}],
  attempts: 3,
  chroma_cleanup_completed: true,
  s3_cleanup_completed: false,
  cms_cleanup_completed: false,
  created_at: since,
} as unknown as CorrectionRow;

const restore = {
  correction_id: 12,
  file_document_id: task.file_document_id,
  requested_by: 'conflict',
  requested_at: since,
} as RestoreRow;

const email = {
  id: 1842,
  batch_id: '0b9c5a52-1d5e-4a55-8a52-3f2d6c1f7e90',
  email_type: 'batch_completion',
  company_id: 7,
  bot_id: 7,
  send_attempts: 1,
  max_attempts: 8,
  created_at: since,
} as EmailRow;

const trip = {
  scope: 'company:42',
  observed: 101,
  allowed: 100,
  windowMinutes: 15,
  reason: 'more than 100 corrections of company 42 within 15 minutes',
} as const;

const storeError = new StoreError({
  store: 's3',
  operation: 'delete objects',
  code: 'ExpiredToken',
  configuration: true,
  advice: 'see that the AWS credentials are right',
});

const job = { timestamp: since.getTime(), attemptsMade: 10 };

/** As it is read back from its row, at a time that does not move. */
function mailOf(alert: Alert | null, change: Partial<AlertMail> = {}): AlertMail {
  const written = alertMail(JSON.parse(JSON.stringify(alert)), 'https://bots.example.com');
  return { ...written, since, timezone: 'Europe/Berlin', ...change };
}

/** Alerts by kind. */
export const ALERT_MAILS: Record<AlertKind, AlertMail> = {
  correction_failed: mailOf(
    correctionAlert(
      task,
      { status: 'failed', reason: 'S3 refused the delete: AccessDenied on bucket “documents”.' },
      null,
      3,
    ),
  ),
  correction_conflict: mailOf(
    correctionAlert(
      task,
      { status: 'cancelled', reason: 'the file succeeded meanwhile', conflict: true },
      { removed: { chroma: 3 }, restoring: true, notRestored: '' },
      3,
    ),
  ),
  correction_brake: mailOf(brakeAlert(7, trip)),
  restore_failed: mailOf(
    restoreAlert(restore, { status: 'refused', reason: 'something newer stands in s3' }),
  ),
  email_failed: mailOf(mailAlert(email, 'failed', '550 5.1.1 Mailbox does not exist')),
  email_unknown: mailOf(
    mailAlert(email, 'unknown', 'The connection was lost after the message had been handed over.'),
  ),
  quota_exceeded: mailOf(quotaAlert(email, since)),
  queue_failed: mailOf(
    queueAlert(
      'cms-write-back',
      {
        ...job,
        id: `write-back-${email.batch_id}`,
        data: { batch_id: email.batch_id },
        failedReason: NAUGHTY_STRINGS.join(' '),
      },
      since,
    ),
    { details: NAUGHTY_STRINGS.map((text) => ({ label: text, value: text })) },
  ),
  job_refused: mailOf(
    queueAlert(
      'file-events',
      {
        ...job,
        id: '20',
        data: { events: [{ company_id: '7' }] },
        attemptsMade: 1,
        failedReason:
          'payload does not fit the queue: events.0.company_id: expected number, received string',
      },
      since,
    ),
  ),
  store_misconfigured: mailOf(storeAlert(storeError, since)),
};

const summary = (change: Partial<SummaryMail> = {}): SummaryMail => ({
  period: 'week',
  from: new Date('2026-11-15T23:00:00Z'),
  to: new Date('2026-11-22T23:00:00Z'),
  user_email: 'nadia@example.com',
  totals: { batches: 3, files: 21, successful: 18, failed: 2 },
  batches: Array.from({ length: 3 }, (_, index) => ({
    batch_id: `batch-${index}`,
    bot_id: 7,
    batch_end_time: new Date(Date.UTC(2026, 10, 16 + index, 9, 32)),
    total_files: 7,
    successful_files: 6,
    failed_files: index ? 1 : 0,
  })),
  failed: [failedFile(), failedFile({ file_name: 'Scan 0007.pdf', error_category: 's3_error' })],
  preferences: { email_format: 'html', include_error_details: true, timezone: 'Europe/Berlin' },
  app_url: 'https://bots.example.com',
  unsubscribe_url: UNSUBSCRIBE_URL,
  ...change,
});

/** Summaries by the state they show. */
export const SUMMARY_MAILS: Record<string, SummaryMail> = {
  week: summary(),
  day: summary({ period: 'day', to: new Date('2026-11-16T23:00:00Z') }),
  quiet: summary({
    totals: { batches: 0, files: 0, successful: 0, failed: 0 },
    batches: [],
    failed: [],
  }),
  busy: summary({
    totals: { batches: 311, files: 9000, successful: 8000, failed: 900 },
    batches: new Array(LISTED_FILES).fill(summary().batches[1]),
    failed: new Array(LISTED_FILES).fill(failedFile()),
  }),
};
