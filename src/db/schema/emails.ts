import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { batches } from './batches.ts';
import { createdAt, instant, json, oneOf, updatedAt } from './columns.ts';

export const EMAIL_TYPES = ['batch_completion', 'error_alert', 'summary'] as const;
export const SEND_STATUSES = [
  'pending',
  'sending',
  'sent',
  'failed',
  'unknown',
  'suppressed',
] as const;
/** Why a mail was not sent on purpose. */
export const SUPPRESSED_REASONS = [
  'empty',
  'notifications_disabled',
  'emails_disabled',
  'quota_exceeded',
  'address_suppressed',
] as const;

/**
 * Every mail that was ever due, one row per (batch, type). `lease_token` fences the sender: only its
 * holder may complete the row. `handed_over_at` is set before the first byte of the body leaves.
 */
export const emails = pgTable(
  'email_notification_log',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    batch_id: uuid('batch_id').references(() => batches.batch_id),
    recipient_email: text('recipient_email').notNull(),
    company_id: integer('company_id'),
    bot_id: integer('bot_id'),
    email_type: text('email_type').notNull().default('batch_completion'),
    /** What an alert is about; a batch's mail takes its content from the batch. */
    subject_key: text('subject_key'),
    content_data: json<Record<string, unknown>>('content_data'),
    email_subject: text('email_subject').notNull().default(''),
    email_content_html: text('email_content_html'),
    email_content_text: text('email_content_text'),
    message_id: text('message_id'),
    rendered_at: instant('rendered_at'),
    send_status: text('send_status').notNull().default('pending'),
    suppressed_reason: text('suppressed_reason'),
    send_attempts: integer('send_attempts').notNull().default(0),
    max_attempts: integer('max_attempts').notNull(),
    next_retry_at: instant('next_retry_at'),
    lease_token: uuid('lease_token'),
    lease_expires_at: instant('lease_expires_at'),
    handed_over_at: instant('handed_over_at'),
    sent_at: instant('sent_at'),
    transport: text('transport'),
    smtp_response: text('smtp_response'),
    error_message: text('error_message'),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  (t) => [
    uniqueIndex('email_one_per_batch_and_type').on(t.batch_id, t.email_type),
    uniqueIndex('email_one_alert_per_subject')
      .on(t.email_type, t.subject_key)
      .where(sql`subject_key is not null`),
    index('idx_email_notification_log_recipient').on(t.recipient_email),
    index('idx_email_notification_log_status').on(t.send_status),
    index('idx_email_notification_log_company_bot').on(t.company_id, t.bot_id),
    index('idx_email_notification_log_created_at').on(t.created_at),
    index('idx_email_notification_log_open')
      .on(t.next_retry_at, t.updated_at)
      .where(sql`send_status in ('pending', 'sending')`),
    index('idx_email_notification_log_pending')
      .on(t.company_id, t.id)
      .where(sql`send_status = 'pending'`),
    index('idx_email_notification_log_content')
      .on(t.created_at)
      .where(sql`email_content_text is not null`),
    index('idx_email_notification_log_quota')
      .on(t.company_id, t.sent_at)
      .where(sql`send_status = 'sent'`),
    check('chk_email_type', oneOf('email_type', EMAIL_TYPES)),
    check('chk_send_status', oneOf('send_status', SEND_STATUSES)),
    check('chk_suppressed', sql`(send_status = 'suppressed') = (suppressed_reason is not null)`),
    check('chk_suppressed_reason', oneOf('suppressed_reason', SUPPRESSED_REASONS)),
    check('chk_send_attempts', sql`send_attempts >= 0`),
  ],
);

/** Every attempt to send a mail, with what came of it. */
export const notificationRetryLog = pgTable(
  'notification_retry_log',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    email_id: bigint('email_id', { mode: 'number' })
      .notNull()
      .references(() => emails.id),
    batch_id: uuid('batch_id'),
    retry_attempt: integer('retry_attempt').notNull(),
    outcome: text('outcome').notNull(),
    transport: text('transport'),
    error_message: text('error_message'),
    retry_at: instant('retry_at').notNull().default(sql`now()`),
    success: boolean('success').notNull().default(false),
    next_retry_at: instant('next_retry_at'),
  },
  (t) => [
    index('idx_notification_retry_log_batch_id').on(t.batch_id),
    index('idx_notification_retry_log_email_id').on(t.email_id),
    index('idx_notification_retry_log_retry_at').on(t.retry_at),
    check('chk_retry_attempt', sql`retry_attempt > 0`),
  ],
);
