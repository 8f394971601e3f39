import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { PartialSettings } from '../../src/contracts/preferences.ts';
import { newDocumentId } from './document-id.ts';

/** Tables of the CMS. Names and columns are those of the content types it stands in for. */

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
const identity = () => ({
  id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
  documentId: text('document_id').notNull().unique().$defaultFn(newDocumentId),
});
const times = () => ({
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});
type Json = Record<string, unknown>;

/** `name` is null while nobody but a preference or a file has mentioned the company. */
export const companies = pgTable('companies', {
  ...identity(),
  name: text('name'),
  default_notification_settings: jsonb('default_notification_settings')
    .$type<PartialSettings>()
    .notNull()
    .default({}),
  notification_quota: integer('notification_quota').notNull().default(1000),
  notification_usage: integer('notification_usage').notNull().default(0),
  ...times(),
});

export const bots = pgTable('bots', {
  ...identity(),
  name: text('name'),
  processing_settings: jsonb('processing_settings').$type<Json>().notNull().default({}),
  ...times(),
});

const company = () => integer('company_id').references(() => companies.id);
const bot = () => integer('bot_id').references(() => bots.id);

/** One row per (company, bot, e-mail); the index, not a look beforehand, refuses the second. */
export const preferences = pgTable(
  'user_notification_preferences',
  {
    ...identity(),
    company_id: company().notNull(),
    bot_id: bot().notNull(),
    user_email: text('user_email').notNull(),
    notification_enabled: boolean('notification_enabled').notNull().default(true),
    batch_size_threshold: integer('batch_size_threshold').notNull().default(5),
    notification_delay_minutes: integer('notification_delay_minutes').notNull().default(30),
    email_format: text('email_format').$type<'html' | 'text'>().notNull().default('html'),
    include_success_details: boolean('include_success_details').notNull().default(true),
    include_error_details: boolean('include_error_details').notNull().default(true),
    locale: text('locale'),
    timezone: text('timezone'),
    ...times(),
  },
  (row) => [
    uniqueIndex('user_notification_preferences_owner').on(
      row.company_id,
      row.bot_id,
      sql`lower(${row.user_email})`,
    ),
    index('user_notification_preferences_bot').on(row.bot_id),
    index('user_notification_preferences_email').on(sql`lower(${row.user_email})`),
    check('batch_size_threshold_range', sql`${row.batch_size_threshold} between 1 and 100`),
    check('notification_delay_range', sql`${row.notification_delay_minutes} between 1 and 1440`),
    check('email_format_known', sql`${row.email_format} in ('html', 'text')`),
  ],
);

export const files = pgTable(
  'files',
  {
    ...identity(),
    name: text('name').notNull(),
    storage_key: text('storage_key'),
    company_id: company(),
    bot_id: bot(),
    notification_sent: boolean('notification_sent').notNull().default(false),
    last_notification_batch: text('last_notification_batch'),
    processing_metadata: jsonb('processing_metadata').$type<Json>().notNull().default({}),
    ...times(),
  },
  (row) => [
    index('files_company_bot').on(row.company_id, row.bot_id),
    index('files_bot').on(row.bot_id),
    index('files_notification_sent').on(row.notification_sent),
    index('files_last_notification_batch').on(row.last_notification_batch),
  ],
);

/** Webhooks still to be delivered. `payload` is text: every attempt must send the same bytes. */
export const webhookOutbox = pgTable(
  'webhook_outbox',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    message_id: text('message_id').notNull().unique(),
    payload: text('payload').notNull(),
    attempts: integer('attempts').notNull().default(0),
    next_attempt_at: instant('next_attempt_at').notNull().defaultNow(),
    last_error: text('last_error'),
    delivered_at: instant('delivered_at'),
    created_at: instant('created_at').notNull().defaultNow(),
  },
  (row) => [
    index('webhook_outbox_due').on(row.next_attempt_at).where(sql`delivered_at is null`),
    index('webhook_outbox_created').on(row.created_at),
  ],
);

/** Who called what, when, and what was answered. */
export const accessLog = pgTable(
  'access_log',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant('at').notNull(),
    key_kind: text('key_kind').notNull(),
    method: text('method').notNull(),
    path: text('path').notNull(),
    status: integer('status').notNull(),
  },
  (row) => [index('access_log_at').on(row.at)],
);
