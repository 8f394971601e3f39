import type { BatchMail, MailFile } from '../../src/mail/render/batch-completion.ts';
import { type FileCorrection, LISTED_FILES } from '../../src/mail/render/mail-file.ts';
import { NAUGHTY_STRINGS } from './naughty-strings.ts';

/** Every state a mail can be in, for the gallery and the tests. */

/** As long as a real one. */
export const UNSUBSCRIBE_URL =
  'https://tidings.example.com/unsubscribe/1.MyA3IDQyIDE3ODAxODU2MDA.y2Zr0cN1vG8Xb3q9TjW5sLkE7uPdAfHo4MiCnVxQwRt';

/** A file as a mail tells it; a ready one unless told otherwise. */
export function mailFile(change: Partial<MailFile> = {}): MailFile {
  return {
    file_document_id: 'k3v9x2m1p8q7w5z4',
    file_name: 'Travel policy 2026.pdf',
    processing_status: 'success',
    processing_time_seconds: 12.4,
    chunks_created: 48,
    file_size_bytes: 2_436_120,
    error_message: null,
    error_category: null,
    correction: null,
    ...change,
  };
}

/** A failed file whose leftovers are gone, unless told otherwise. */
export function failedFile(change: Partial<MailFile> = {}): MailFile {
  return mailFile({
    file_name: 'Board minutes, signed copy.docx',
    processing_status: 'failed',
    chunks_created: null,
    processing_time_seconds: null,
    error_message: 'PackageNotFoundError: not a zip archive at offset 0',
    error_category: 'processing_error',
    correction: { status: 'completed', s3: true, chroma: true, cms: true, restored: [] },
    ...change,
  });
}

/** A batch mail: three ready, two failed, one in progress, unless told otherwise. */
export function batchMail(change: Partial<BatchMail> = {}): BatchMail {
  return {
    batch_id: 'b1f0c1de-4f3e-4a86-9a53-0d6a5c1b7e55',
    company_id: 3,
    bot_id: 7,
    user_email: 'nadia@example.com',
    closed_by: 'due',
    status: 'partially_completed',
    batch_start_time: new Date('2026-11-20T09:02:00Z'),
    batch_end_time: new Date('2026-11-20T09:32:00Z'),
    total_files: 5,
    successful_files: 3,
    failed_files: 2,
    preferences: preferences(),
    conflicts: [],
    files: {
      failed: [
        failedFile(),
        failedFile({
          file_name: 'Price list autumn.xlsx',
          error_category: 'storage_error',
          error_message: 'Collection upsert failed: dimension 1536 does not match 768',
          correction: { status: 'processing', s3: null, chroma: false, cms: null, restored: [] },
        }),
      ],
      unfinished: [],
      successful: [
        mailFile(),
        mailFile({ file_name: 'Onboarding guide.md', chunks_created: 1, file_size_bytes: 812 }),
        mailFile({ file_name: 'Frequently asked questions.html', processing_time_seconds: 0.8 }),
      ],
    },
    app_url: 'https://bots.example.com',
    unsubscribe_url: UNSUBSCRIBE_URL,
    ...change,
  };
}

function preferences(change: Partial<BatchMail['preferences']> = {}): BatchMail['preferences'] {
  return {
    notification_enabled: true,
    batch_size_threshold: 5,
    notification_delay_minutes: 30,
    email_format: 'html',
    include_success_details: true,
    include_error_details: true,
    timezone: 'Europe/Berlin',
    locale: 'en-GB',
    ...change,
  };
}

const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));
const none = { failed: [], unfinished: [], successful: [] };

/** One failed file for each thing that can become of its leftovers. */
function everyCleanup(): MailFile[] {
  type State = Omit<FileCorrection, 'restored'> & Partial<FileCorrection>;
  const states: [string, State | null, string][] = [
    [
      'gone from everywhere',
      { status: 'completed', s3: true, chroma: true, cms: true },
      's3_error',
    ],
    ['half way', { status: 'processing', s3: true, chroma: false, cms: false }, 'processing_error'],
    ['not begun', { status: 'pending', s3: null, chroma: null, cms: false }, 'file_not_found'],
    [
      'to approve',
      { status: 'awaiting_approval', s3: false, chroma: null, cms: false },
      's3_error',
    ],
    ['given up', { status: 'failed', s3: true, chroma: false, cms: false }, 'processing_error'],
    ['called off', { status: 'cancelled', s3: false, chroma: false, cms: false }, 'other'],
    ['undone', { status: 'completed', s3: false, chroma: false, cms: true }, 'processing_error'],
    [
      'called off and undone',
      { status: 'cancelled', s3: false, chroma: false, cms: false, restored: ['chroma'] },
      'processing_error',
    ],
    [
      'given up and undone',
      { status: 'failed', s3: false, chroma: false, cms: false, restored: ['s3'] },
      'processing_error',
    ],
    [
      'called off half way',
      { status: 'cancelled', s3: true, chroma: true, cms: false },
      'processing_error',
    ],
    ['trial run', { status: 'dry_run', s3: null, chroma: false, cms: null }, 'storage_error'],
    ['nothing left', null, 'unheard_of'],
  ];
  return states.map(([name, correction, error_category]) =>
    failedFile({
      file_name: `Clean-up ${name}.pdf`,
      correction: correction && { restored: [], ...correction },
      error_category,
    }),
  );
}

/** Full lists of names and messages as long as they get. */
export function fullestBatch(name: string, message: string): BatchMail {
  const failed = failedFile({
    file_name: name,
    error_message: message,
    correction: { status: 'failed', s3: true, chroma: false, cms: false, restored: [] },
  });
  return batchMail({
    total_files: 4387,
    successful_files: 4000,
    failed_files: 300,
    closed_by: 'max_age',
    attachment: true,
    files: {
      failed: times(LISTED_FILES, () => failed),
      unfinished: times(LISTED_FILES, () => mailFile({ file_name: name })),
      successful: times(LISTED_FILES, () => mailFile({ file_name: name })),
    },
  });
}

const single = (outcome: 'ready' | 'failed' | 'unfinished'): BatchMail =>
  batchMail({
    total_files: 1,
    successful_files: outcome === 'ready' ? 1 : 0,
    failed_files: outcome === 'failed' ? 1 : 0,
    closed_by: outcome === 'unfinished' ? 'max_age' : 'due',
    files: {
      failed: outcome === 'failed' ? [failedFile()] : [],
      unfinished: outcome === 'unfinished' ? [mailFile({ processing_status: 'processing' })] : [],
      successful: outcome === 'ready' ? [mailFile()] : [],
    },
  });

/** Batch mails by the state they show. */
export const BATCH_MAILS: Record<string, BatchMail> = {
  mixed: batchMail(),
  'one ready': single('ready'),
  'one failed': single('failed'),
  'one unfinished': single('unfinished'),
  'all ready': batchMail({
    status: 'completed',
    closed_by: 'threshold',
    total_files: 3,
    failed_files: 0,
    files: { ...batchMail().files, failed: [] },
  }),
  'all failed, every clean-up': batchMail({
    status: 'failed',
    total_files: everyCleanup().length,
    successful_files: 0,
    failed_files: everyCleanup().length,
    files: { ...none, failed: everyCleanup() },
  }),
  'still in progress': batchMail({
    closed_by: 'max_age',
    total_files: 2,
    successful_files: 0,
    failed_files: 0,
    files: { ...none, unfinished: [mailFile(), mailFile({ file_name: 'Archive 1998.zip' })] },
  }),
  'without details': batchMail({
    closed_by: 'manual',
    preferences: preferences({ include_success_details: false, include_error_details: false }),
  }),
  'plain text': batchMail({ preferences: preferences({ email_format: 'text' }) }),
  'without a link': batchMail({ app_url: undefined, unsubscribe_url: undefined }),
  'very large': fullestBatch(
    `${'Quarterly figures of all subsidiaries and holdings '.repeat(8)}(final).xlsx`,
    `Timeout while reading page ${'4711 '.repeat(400)}`,
  ),
  'naughty names': batchMail({
    total_files: 2 * NAUGHTY_STRINGS.length,
    failed_files: NAUGHTY_STRINGS.length,
    successful_files: NAUGHTY_STRINGS.length,
    files: {
      failed: NAUGHTY_STRINGS.map((text) => failedFile({ file_name: text, error_message: text })),
      unfinished: [],
      successful: NAUGHTY_STRINGS.map((text) => mailFile({ file_name: text })),
    },
  }),
};
