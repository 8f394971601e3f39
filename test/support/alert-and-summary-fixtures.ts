import type { AlertKind, AlertMail } from '../../src/mail/render/error-alert.ts';
import { LISTED_FILES } from '../../src/mail/render/mail-file.ts';
import type { SummaryMail } from '../../src/mail/render/summary.ts';
import { failedFile, UNSUBSCRIBE_URL } from './mail-fixtures.ts';
import { NAUGHTY_STRINGS } from './naughty-strings.ts';

/** Every state of the mails to operators and of the summaries, for the gallery and the tests. */

const alert = (kind: AlertKind, change: Partial<AlertMail>): AlertMail => ({
  kind,
  subject_id: '1842',
  since: new Date('2026-11-20T08:15:00Z'),
  reason: 'The store did not answer within 10 seconds, three times in a row.',
  details: [],
  app_url: 'https://bots.example.com',
  timezone: 'Europe/Berlin',
  ...change,
});

/** Alerts by kind. */
export const ALERT_MAILS: Record<AlertKind, AlertMail> = {
  correction_failed: alert('correction_failed', {
    reason: 'S3 refused the delete: AccessDenied on bucket “documents”.',
    details: [
      { label: 'Document', value: 'k3v9x2m1p8q7w5z4' },
      { label: 'Done', value: 'search index' },
      { label: 'Left', value: 'file storage, CMS' },
      { label: 'Attempts', value: '3 of 3' },
    ],
  }),
  correction_conflict: alert('correction_conflict', {
    reason: 'A success arrived while the object was being deleted.',
    details: [{ label: 'Document', value: 'k3v9x2m1p8q7w5z4' }],
  }),
  correction_brake: alert('correction_brake', {
    subject_id: 'company:42-7',
    reason: 'more than 100 corrections of company 42 within 15 minutes',
    details: [{ label: 'Scope', value: 'company:42' }],
  }),
  restore_failed: alert('restore_failed', {
    reason: 'something newer stands in s3',
    details: [{ label: 'Requested by', value: 'conflict' }],
  }),
  email_failed: alert('email_failed', {
    reason: '550 5.1.1 Mailbox does not exist',
    details: [{ label: 'Attempts', value: '1 of 8' }],
  }),
  email_unknown: alert('email_unknown', {
    reason: 'The connection was lost after the message had been handed over.',
  }),
  quota_exceeded: alert('quota_exceeded', {
    subject_id: '3',
    reason: '1,000 of 1,000 mails were sent in November 2026.',
  }),
  queue_failed: alert('queue_failed', {
    subject_id: 'cms-write-back',
    reason: NAUGHTY_STRINGS.join(' '),
    details: NAUGHTY_STRINGS.map((text) => ({ label: text, value: text })),
  }),
  store_misconfigured: alert('store_misconfigured', {
    subject_id: 's3-2026-11-20',
    reason: 's3: delete objects failed (ExpiredToken); see that the AWS credentials are right',
    details: [{ label: 'Store', value: 's3' }],
  }),
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
