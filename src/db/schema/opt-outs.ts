import { sql } from 'drizzle-orm';
import { bigint, index, integer, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { createdAt, instant } from './columns.ts';

/**
 * People who turned a bot's mails off by the link in one. An opt-out holds from its first moment;
 * once the CMS has taken it over (`applied_at`) what it says from then on is the truth again.
 */
export const optOuts = pgTable(
  'opt_outs',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    company_id: integer('company_id').notNull(),
    bot_id: integer('bot_id').notNull(),
    user_email: text('user_email').notNull(),
    created_at: createdAt(),
    /** When the CMS was last asked. */
    attempted_at: instant('attempted_at'),
    applied_at: instant('applied_at'),
  },
  (t) => [
    uniqueIndex('opt_out_once')
      .on(t.company_id, t.bot_id, t.user_email)
      .where(sql`applied_at is null`),
    index('idx_opt_outs_owner').on(t.company_id, t.bot_id, t.user_email),
    index('idx_opt_outs_due').on(t.attempted_at).where(sql`applied_at is null`),
  ],
);
