import { sql } from 'drizzle-orm';
import { bigint, check, index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { SUPPRESSION_REASONS, SUPPRESSION_SOURCES } from '../../contracts/suppressions.ts';
import { createdAt, instant, oneOf } from './columns.ts';

/** Addresses that get no more mail until an operator lifts them; lifted rows stay as history. */
export const suppressedAddresses = pgTable(
  'suppressed_addresses',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** In lower case. */
    email: text('email').notNull(),
    reason: text('reason').notNull(),
    source: text('source').notNull(),
    detail: text('detail').notNull().default(''),
    created_at: createdAt(),
    lifted_at: instant('lifted_at'),
  },
  (t) => [
    uniqueIndex('suppressed_once').on(t.email).where(sql`lifted_at is null`),
    index('idx_suppressed_addresses_email').on(t.email),
    index('idx_suppressed_addresses_created_at').on(t.created_at),
    check('chk_suppression_reason', oneOf('reason', SUPPRESSION_REASONS)),
    check('chk_suppression_source', oneOf('source', SUPPRESSION_SOURCES)),
    check('chk_suppression_email', sql`email = lower(email)`),
  ],
);
