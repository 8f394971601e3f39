import { bigint, pgTable, text } from 'drizzle-orm/pg-core';

/** What the audit still has to count of rows that were removed for their age, by its own classes. */
export const auditArchive = pgTable('audit_archive', {
  /** `accepted` for the inbox, else a class of the audit. */
  class: text('class').primaryKey(),
  events: bigint('events', { mode: 'number' }).notNull(),
});
