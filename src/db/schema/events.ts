import { and, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  pgView,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { RESOLUTIONS, RESOLVERS } from '../../contracts/errors.ts';
import type { FileEvent } from '../../contracts/file-events.ts';
import { FILE_STATUSES, PROCESSING_STAGES } from '../../contracts/file-events.ts';
import { createdAt, instant, json, oneOf, updatedAt } from './columns.ts';

/** How an applied event changed its file: it moved it, changed nothing, or took it away. */
export const EVENT_OUTCOMES = ['applied', 'superseded', 'deleted'] as const;

/**
 * The durable inbox. A row is an accepted event (promise 1). `chunk_id` names the events that arrived
 * and are applied together; it is all that a `file-events` job carries. No index says `applied_at`, and
 * pages are filled by less than half (in the migration): an applied event is rewritten within its page
 * and no index has to learn of it.
 */
export const fileEvents = pgTable(
  'file_events',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    event_id: text('event_id').notNull(),
    chunk_id: uuid('chunk_id').notNull(),
    received_at: instant('received_at').notNull().default(sql`now()`),
    occurred_at: instant('occurred_at').notNull(),
    action: text('action').notNull(),
    file_document_id: text('file_document_id').notNull(),
    company_id: integer('company_id').notNull(),
    bot_id: integer('bot_id').notNull(),
    user_email: text('user_email').notNull(),
    payload: json<FileEvent>('payload').notNull(),
    applied_at: instant('applied_at'),
    outcome: text('outcome'),
    /** The line (`batch_files.id`) the event was absorbed into; null for a delete. */
    batch_file_id: bigint('batch_file_id', { mode: 'number' }),
    dead_lettered_at: instant('dead_lettered_at'),
    dead_letter_reason: text('dead_letter_reason'),
  },
  (t) => [
    uniqueIndex('file_events_event_id_key').on(t.event_id),
    index('idx_file_events_document').on(t.file_document_id),
    index('idx_file_events_chunk').on(t.chunk_id),
    index('idx_file_events_dead').on(t.dead_lettered_at).where(sql`dead_lettered_at is not null`),
    check('file_events_action', oneOf('action', ['create', 'update', 'delete'])),
    check('file_events_outcome', oneOf('outcome', EVENT_OUTCOMES)),
  ],
);

/**
 * Chunks with events that are neither applied nor dead-lettered. A trigger on `file_events` notes them,
 * whoever accepts the events; who applies the last event of one takes its row away. To lock the row is
 * to lock the chunk.
 */
export const fileEventChunks = pgTable(
  'file_event_chunks',
  {
    chunk_id: uuid('chunk_id').primaryKey(),
    received_at: instant('received_at').notNull(),
  },
  (t) => [index('idx_file_event_chunks_received').on(t.received_at)],
);

/** The events that wait to be applied. */
export const unappliedFileEvents = pgView('unapplied_file_events').as((query) =>
  query
    .select(getTableColumns(fileEvents))
    .from(fileEventChunks)
    .innerJoin(fileEvents, eq(fileEvents.chunk_id, fileEventChunks.chunk_id))
    .where(and(isNull(fileEvents.applied_at), isNull(fileEvents.dead_lettered_at))),
);

/**
 * Where each file of each owner stands: one row, moved forward by events in the order of
 * `occurred_at` and stage. `generation` counts how often its ingestion began.
 */
export const fileProcessingStatus = pgTable(
  'file_processing_status',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    file_event_id: bigint('file_event_id', { mode: 'number' }),
    file_document_id: text('file_document_id').notNull(),
    company_id: integer('company_id').notNull(),
    bot_id: integer('bot_id').notNull(),
    user_email: text('user_email').notNull(),
    batch_id: uuid('batch_id'),
    batch_file_id: bigint('batch_file_id', { mode: 'number' }),
    generation: integer('generation').notNull().default(1),
    occurred_at: instant('occurred_at').notNull(),
    processing_stage: text('processing_stage').notNull(),
    status: text('status').notNull(),
    storage_key: text('storage_key'),
    stage_start_time: instant('stage_start_time').notNull().default(sql`now()`),
    stage_end_time: instant('stage_end_time'),
    error_message: text('error_message'),
    error_details: json<Record<string, unknown>>('error_details'),
    deleted_at: instant('deleted_at'),
    /** Events whose line a delete took out of an open batch; the audit counts them as suppressed. */
    deleted_event_count: integer('deleted_event_count').notNull().default(0),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  (t) => [
    uniqueIndex('file_processing_status_file_key').on(
      t.file_document_id,
      t.company_id,
      t.bot_id,
      t.user_email,
    ),
    index('idx_file_processing_status_company').on(t.company_id).where(sql`deleted_at is null`),
    index('idx_file_processing_status_key').on(t.storage_key).where(sql`storage_key is not null`),
    index('idx_file_processing_status_deleted').on(t.id).where(sql`deleted_event_count > 0`),
    index('idx_file_processing_status_gone').on(t.updated_at).where(sql`deleted_at is not null`),
    check('chk_stage', oneOf('processing_stage', PROCESSING_STAGES)),
    check('chk_status', oneOf('status', FILE_STATUSES)),
    check(
      'chk_processing_time_order',
      sql`stage_end_time is null or stage_end_time >= stage_start_time`,
    ),
  ],
);

/** Every failure that was applied, one row each. */
export const processingErrors = pgTable(
  'processing_errors',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    file_event_id: bigint('file_event_id', { mode: 'number' }),
    file_document_id: text('file_document_id').notNull(),
    generation: integer('generation').notNull().default(1),
    batch_id: uuid('batch_id'),
    company_id: integer('company_id'),
    bot_id: integer('bot_id'),
    /** The task that answers it, from the moment it is created. */
    correction_id: bigint('correction_id', { mode: 'number' }),
    error_category: text('error_category').notNull(),
    error_message: text('error_message').notNull(),
    error_details: json<Record<string, unknown>>('error_details'),
    stack_trace: text('stack_trace'),
    processing_stage: text('processing_stage'),
    auto_correction_triggered: boolean('auto_correction_triggered').notNull().default(false),
    resolution_status: text('resolution_status').notNull().default('unresolved'),
    /** Who settled it; null while nobody has. */
    resolved_by: text('resolved_by'),
    resolution_note: text('resolution_note'),
    created_at: createdAt(),
    resolved_at: instant('resolved_at'),
  },
  (t) => [
    index('idx_processing_errors_document_id').on(t.file_document_id),
    index('idx_processing_errors_category').on(t.error_category),
    index('idx_processing_errors_stage').on(t.processing_stage),
    index('idx_processing_errors_resolution').on(t.resolution_status),
    index('idx_processing_errors_created_at').on(t.created_at),
    index('idx_processing_errors_company').on(t.company_id, t.bot_id),
    index('idx_processing_errors_correction').on(t.correction_id),
    check('chk_resolution_status', oneOf('resolution_status', RESOLUTIONS)),
    check('chk_resolved_by', oneOf('resolved_by', RESOLVERS)),
  ],
);
