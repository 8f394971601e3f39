import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { QUARANTINE_STATES, RESTORE_STATUSES } from '../../contracts/corrections.ts';
import { STORE_NAMES, type StoreName } from '../../contracts/stores.ts';
import { createdAt, instant, json, oneOf, updatedAt } from './columns.ts';
import { correctionTasks } from './corrections.ts';

/** What one correction is about to remove from one store, saved before it is removed. */
export const correctionQuarantines = pgTable(
  'correction_quarantines',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** No cascade: what is saved has to be purged before its row may go. */
    correction_id: bigint('correction_id', { mode: 'number' })
      .notNull()
      .references(() => correctionTasks.id),
    store: text('store').$type<StoreName>().notNull(),
    /** `saving` rows stand for what a process that died may have left below `place`. */
    state: text('state').$type<(typeof QUARANTINE_STATES)[number]>().notNull().default('saving'),
    /** Key prefix in the bucket; everything saved is below it. */
    place: text('place').notNull(),
    collection: text('collection'),
    storage_key: text('storage_key'),
    lines: integer('lines').notNull().default(0),
    sha256: text('sha256'),
    created_at: createdAt(),
    saved_at: instant('saved_at'),
    expires_at: instant('expires_at').notNull(),
    purged_at: instant('purged_at'),
  },
  (t) => [
    uniqueIndex('correction_quarantines_place').on(t.place),
    index('idx_correction_quarantines_correction').on(t.correction_id, t.store),
    index('idx_correction_quarantines_expiry').on(t.expires_at).where(sql`state <> 'purged'`),
    check('chk_quarantine_store', oneOf('store', STORE_NAMES)),
    check('chk_quarantine_state', oneOf('state', QUARANTINE_STATES)),
    check('chk_quarantine_saved', sql`state = 'saving' or sha256 is not null`),
  ],
);

/** The restoring of one correction; asked for again, the same row starts over. */
export const correctionRestores = pgTable(
  'correction_restores',
  {
    correction_id: bigint('correction_id', { mode: 'number' })
      .primaryKey()
      .references(() => correctionTasks.id, { onDelete: 'cascade' }),
    status: text('status').$type<(typeof RESTORE_STATUSES)[number]>().notNull().default('pending'),
    /** An operator, or the conflict that called for it. */
    requested_by: text('requested_by').$type<'operator' | 'conflict'>().notNull(),
    requested_at: instant('requested_at').notNull().default(sql`now()`),
    run_at: instant('run_at').notNull().default(sql`now()`),
    attempts: integer('attempts').notNull().default(0),
    lease_token: uuid('lease_token'),
    lease_expires_at: instant('lease_expires_at'),
    reason: text('reason'),
    /** When the first store was about to be written to: from then on something may be back. */
    writing_began_at: instant('writing_began_at'),
    completed_at: instant('completed_at'),
    updated_at: updatedAt(),
  },
  (t) => [
    index('idx_correction_restores_due')
      .on(t.run_at)
      .where(sql`status in ('pending', 'processing')`),
    check('chk_restore_status', oneOf('status', RESTORE_STATUSES)),
    check('chk_restore_requested_by', oneOf('requested_by', ['operator', 'conflict'])),
  ],
);

/** When the stores of a completed correction are read once more. */
export const correctionSecondLooks = pgTable(
  'correction_second_looks',
  {
    correction_id: bigint('correction_id', { mode: 'number' })
      .primaryKey()
      .references(() => correctionTasks.id, { onDelete: 'cascade' }),
    /** null once there is nothing more to look for. */
    look_at: instant('look_at'),
    looks: integer('looks').notNull().default(0),
    looked_at: instant('looked_at'),
  },
  (t) => [index('idx_correction_second_looks_due').on(t.look_at).where(sql`look_at is not null`)],
);

/** Parts a correction had removed from a file when the file came back: its owner has to be told. */
export const correctionConflicts = pgTable(
  'correction_conflicts',
  {
    correction_id: bigint('correction_id', { mode: 'number' })
      .notNull()
      .references(() => correctionTasks.id, { onDelete: 'cascade' }),
    company_id: integer('company_id').notNull(),
    bot_id: integer('bot_id').notNull(),
    user_email: text('user_email').notNull(),
    /** The generation that lost them; a later one has put everything there anew. */
    generation: integer('generation').notNull(),
    removed: json<Partial<Record<StoreName, number | null>>>('removed').notNull(),
    /** The batch whose mail says so. */
    told_batch_id: uuid('told_batch_id'),
    created_at: createdAt(),
  },
  (t) => [
    primaryKey({
      name: 'correction_conflicts_pkey',
      columns: [t.correction_id, t.company_id, t.bot_id, t.user_email],
    }),
    index('idx_correction_conflicts_untold')
      .on(t.company_id, t.bot_id, t.user_email)
      .where(sql`told_batch_id is null`),
    index('idx_correction_conflicts_told').on(t.told_batch_id),
  ],
);
