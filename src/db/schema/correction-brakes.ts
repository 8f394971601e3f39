import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { BrakeScope } from '../../domain/correction-brake.ts';
import { createdAt, instant } from './columns.ts';

/**
 * Every time the brake on corrections went on: for a company (`company:42`), for tasks that name none
 * (`unassigned`) or for all (`global`). It stays on until an operator releases it.
 */
export const correctionBrakes = pgTable(
  'correction_brakes',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    scope: text('scope').$type<BrakeScope>().notNull(),
    company_id: integer('company_id'),
    reason: text('reason').notNull(),
    /** Tasks seen in the window, and how many of them the scope may have. */
    observed: integer('observed').notNull(),
    allowed: integer('allowed').notNull(),
    window_minutes: integer('window_minutes').notNull(),
    /** When it went on. */
    created_at: createdAt(),
    released_at: instant('released_at'),
    /** Held tasks that the release let go on. */
    released_tasks: integer('released_tasks'),
  },
  (t) => [
    uniqueIndex('correction_brake_once').on(t.scope).where(sql`released_at is null`),
    index('idx_correction_brakes_scope').on(t.scope, t.released_at),
    index('idx_correction_brakes_created_at').on(t.created_at),
    check(
      'chk_correction_brake_scope',
      sql`scope in ('global', 'unassigned') or scope = 'company:' || company_id`,
    ),
  ],
);
