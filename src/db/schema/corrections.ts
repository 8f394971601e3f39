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
import { CORRECTION_STATUSES } from '../../contracts/corrections.ts';
import type { BrakeScope } from '../../domain/correction-brake.ts';
import { CORRECTION_MODES, type CorrectionMode } from '../../domain/correction-mode.ts';
import type { CorrectionAction } from '../../domain/corrections.ts';
import { createdAt, instant, json, oneOf, updatedAt } from './columns.ts';

/** One line of a task's log: what was done, what the store answered, what read-back found. */
export interface ExecutionEntry {
  at: string;
  action: string;
  result: string;
  detail: string;
  /** Objects, chunks or records that were removed or put back, where that is known. */
  count?: number;
}

/**
 * Removal of what a failed file left behind. The three `…_cleanup_completed` flags mean proven by
 * read-back, not attempted.
 */
export const correctionTasks = pgTable(
  'auto_correction_tasks',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    file_document_id: text('file_document_id').notNull(),
    generation: integer('generation').notNull().default(0),
    file_name: text('file_name'),
    storage_key: text('storage_key'),
    company_id: integer('company_id'),
    bot_id: integer('bot_id'),
    user_email: text('user_email'),
    batch_id: uuid('batch_id'),
    failure_category: text('failure_category').notNull(),
    original_error_message: text('original_error_message').notNull(),
    error_details: json<Record<string, unknown>>('error_details'),
    correction_actions: json<CorrectionAction[]>('correction_actions').notNull(),
    /** Steps that had nothing to do, with the reason. */
    not_applicable: json<Partial<Record<CorrectionAction, string>>>('not_applicable')
      .notNull()
      .default({}),
    status: text('status').notNull().default('pending'),
    /** The mode that applied: the strictest of those in force when it was created and when it ran. */
    mode: text('mode').$type<CorrectionMode>().notNull().default('auto'),
    /** The brake that holds a pending task, and why it went on. */
    held_by: text('held_by').$type<BrakeScope>(),
    hold_reason: text('hold_reason'),
    /** When an operator let the task go on: from then on no brake holds or counts it. */
    brake_released_at: instant('brake_released_at'),
    run_at: instant('run_at').notNull(),
    attempts: integer('attempts').notNull().default(0),
    lease_token: uuid('lease_token'),
    lease_expires_at: instant('lease_expires_at'),
    s3_cleanup_completed: boolean('s3_cleanup_completed').notNull().default(false),
    cms_cleanup_completed: boolean('cms_cleanup_completed').notNull().default(false),
    chroma_cleanup_completed: boolean('chroma_cleanup_completed').notNull().default(false),
    /** When the first removal was about to be asked of a store: from then on something may be gone. */
    removal_began_at: instant('removal_began_at'),
    conflict: boolean('conflict').notNull().default(false),
    cancel_reason: text('cancel_reason'),
    execution_log: json<ExecutionEntry[]>('execution_log').notNull().default([]),
    created_at: createdAt(),
    started_at: instant('started_at'),
    completed_at: instant('completed_at'),
    updated_at: updatedAt(),
    error_during_correction: text('error_during_correction'),
  },
  (t) => [
    uniqueIndex('correction_one_open_per_generation')
      .on(t.file_document_id, t.generation)
      .where(sql`status in ('pending', 'awaiting_approval', 'processing')`),
    index('idx_auto_correction_tasks_document_id').on(t.file_document_id),
    index('idx_auto_correction_tasks_status').on(t.status),
    index('idx_auto_correction_tasks_company_bot').on(t.company_id, t.bot_id),
    index('idx_auto_correction_tasks_created_at').on(t.created_at),
    index('idx_auto_correction_tasks_failure_category').on(t.failure_category),
    index('idx_auto_correction_tasks_due')
      .on(t.run_at)
      .where(sql`status in ('pending', 'processing') and held_by is null`),
    index('idx_auto_correction_tasks_held').on(t.held_by).where(sql`held_by is not null`),
    // What the brake counts: tasks of a company, or of all, that were created or begun of late.
    index('idx_auto_correction_tasks_company_created').on(t.company_id, t.created_at),
    index('idx_auto_correction_tasks_company_started')
      .on(t.company_id, t.started_at)
      .where(sql`started_at is not null`),
    index('idx_auto_correction_tasks_started').on(t.started_at),
    check('chk_correction_mode', oneOf('mode', CORRECTION_MODES)),
    check('chk_correction_held', sql`(held_by is null) = (hold_reason is null)`),
    check('chk_correction_status', oneOf('status', CORRECTION_STATUSES)),
    check(
      'chk_correction_time_order',
      sql`started_at is null or completed_at is null or completed_at >= started_at`,
    ),
  ],
);
