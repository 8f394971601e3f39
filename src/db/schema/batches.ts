import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { FILE_STATUSES } from '../../contracts/file-events.ts';
import type { NotificationSettings } from '../../contracts/preferences.ts';
import { PREFERENCE_SOURCES } from '../../contracts/preferences.ts';
import { CLOSE_REASONS } from '../../domain/batching.ts';
import { createdAt, instant, json, oneOf, updatedAt } from './columns.ts';

export const BATCH_STATUSES = ['processing', 'completed', 'failed', 'partially_completed'] as const;

/** One person's files for one bot, gathered until the batch closes. Open while `processing`. */
export const batches = pgTable(
  'batch_processing_sessions',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    batch_id: uuid('batch_id').notNull().unique().defaultRandom(),
    company_id: integer('company_id').notNull(),
    bot_id: integer('bot_id').notNull(),
    user_email: text('user_email').notNull(),
    batch_start_time: instant('batch_start_time').notNull(),
    batch_end_time: instant('batch_end_time'),
    /** When the batch is to be looked at next; the queue's delayed job is only the alarm clock. */
    due_at: instant('due_at').notNull(),
    total_files: integer('total_files').notNull().default(0),
    successful_files: integer('successful_files').notNull().default(0),
    failed_files: integer('failed_files').notNull().default(0),
    /** Events absorbed by its lines: the other side of the audit's books. */
    event_count: integer('event_count').notNull().default(0),
    status: text('status').notNull().default('processing'),
    closed_by: text('closed_by'),
    close_requested_at: instant('close_requested_at'),
    carried_over_from: uuid('carried_over_from'),
    notification_sent: boolean('notification_sent').notNull().default(false),
    notification_sent_at: instant('notification_sent_at'),
    /** Set by the preference webhook: the snapshot is to be resolved again. */
    preferences_stale_at: instant('preferences_stale_at'),
    /** When the snapshot is to be compared with what the CMS says, webhook or not. */
    preferences_compare_at: instant('preferences_compare_at').notNull().default(sql`now()`),
    cms_written_back_at: instant('cms_written_back_at'),
    user_preferences_snapshot: json<NotificationSettings>('user_preferences_snapshot').notNull(),
    preferences_source: text('preferences_source').notNull(),
    preferences_age_seconds: integer('preferences_age_seconds').notNull().default(0),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  (t) => [
    uniqueIndex('batch_one_open_per_owner')
      .on(t.company_id, t.bot_id, t.user_email)
      .where(sql`status = 'processing'`),
    index('idx_batch_sessions_company_bot').on(t.company_id, t.bot_id),
    index('idx_batch_sessions_user_email').on(t.user_email),
    index('idx_batch_sessions_status').on(t.status).where(sql`status <> 'processing'`),
    index('idx_batch_sessions_created_at').on(t.created_at),
    // These say `closed_by is null`, which is the same, so that nobody who asks for an owner's open
    // batch is answered from them: while few batches are open they look cheaper than the one above.
    index('idx_batch_sessions_due').on(t.due_at).where(sql`closed_by is null`),
    index('idx_batch_sessions_stale')
      .on(t.preferences_stale_at)
      .where(sql`closed_by is null and preferences_stale_at is not null`),
    index('idx_batch_sessions_compare').on(t.preferences_compare_at).where(sql`closed_by is null`),
    index('idx_batch_sessions_write_back')
      .on(t.notification_sent_at)
      .where(sql`notification_sent and cms_written_back_at is null`),
    index('idx_batch_sessions_closed').on(t.batch_end_time).where(sql`status <> 'processing'`),
    index('idx_batch_sessions_written_back')
      .on(t.cms_written_back_at)
      .where(sql`cms_written_back_at is not null`),
    check('chk_batch_status', oneOf('status', BATCH_STATUSES)),
    check('chk_closed_by', oneOf('closed_by', CLOSE_REASONS)),
    check('chk_closed', sql`(status = 'processing') = (closed_by is null)`),
    check('chk_preferences_source', oneOf('preferences_source', PREFERENCE_SOURCES)),
    check(
      'chk_file_counts',
      sql`total_files >= 0 and successful_files >= 0 and failed_files >= 0
          and successful_files + failed_files <= total_files`,
    ),
  ],
);

/** One file's line in a batch. */
export const batchFiles = pgTable(
  'batch_files',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    batch_id: uuid('batch_id')
      .notNull()
      .references(() => batches.batch_id, { onDelete: 'cascade' }),
    file_document_id: text('file_document_id').notNull(),
    file_name: text('file_name').notNull(),
    file_size_bytes: bigint('file_size_bytes', { mode: 'number' }),
    generation: integer('generation').notNull().default(1),
    processing_status: text('processing_status').notNull().default('pending'),
    processing_stage: text('processing_stage').notNull().default('download'),
    processing_start_time: instant('processing_start_time'),
    processing_end_time: instant('processing_end_time'),
    processing_time_seconds: doublePrecision('processing_time_seconds'),
    chunks_created: integer('chunks_created').default(0),
    storage_key: text('storage_key'),
    error_message: text('error_message'),
    error_category: text('error_category'),
    event_count: integer('event_count').notNull().default(0),
    carried_over_from: uuid('carried_over_from'),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  (t) => [
    // The document first: it answers for a document alone as well.
    uniqueIndex('batch_files_one_line_per_file').on(t.file_document_id, t.batch_id),
    // Mails list the first lines by name, numbers in it as numbers: the migration makes the collation.
    // No status in it: lines change theirs all the time.
    index('idx_batch_files_name').on(t.batch_id, sql`left(file_name, 200) collate natural_order`),
    check('chk_processing_status', oneOf('processing_status', FILE_STATUSES)),
    check('chk_processing_time', sql`processing_time_seconds >= 0`),
    check('chk_chunks_created', sql`chunks_created >= 0`),
    check('chk_file_size', sql`file_size_bytes >= 0`),
  ],
);
