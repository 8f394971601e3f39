import { sql } from 'drizzle-orm';
import { check, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/**
 * What the CMS has been told of each company's use of its quota. The count itself is never kept: it is
 * read from the mails, so that telling it twice, late or after a crash cannot make it wrong.
 */
export const companyUsage = pgTable(
  'company_notification_usage',
  {
    company_id: integer('company_id').primaryKey(),
    /** The UTC month that was told of, as `2026-11`; null before the first time. */
    told_month: text('told_month'),
    told_usage: integer('told_usage'),
    told_at: instant('told_at'),
    /** When the mails were last counted; later ones ask for another count. */
    counted_at: instant('counted_at'),
    attempted_at: instant('attempted_at'),
  },
  (t) => [check('chk_told_usage', sql`${t.told_usage} >= 0`)],
);
