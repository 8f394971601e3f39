import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, pgTable, text } from 'drizzle-orm/pg-core';
import type { AuditKind } from '../../domain/store-audit.ts';
import { instant, json, oneOf } from './columns.ts';

/** Who asked for an audit of the stores. */
export const AUDIT_TRIGGERS = ['schedule', 'command'] as const;

/** Every audit of the stores that was begun. What it found is kept as counts; ids are only reported. */
export const storeAudits = pgTable(
  'store_audits',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    trigger: text('trigger').$type<(typeof AUDIT_TRIGGERS)[number]>().notNull(),
    started_at: instant('started_at').notNull().default(sql`now()`),
    /** Null while it runs, and for good where its process ended before it did. */
    completed_at: instant('completed_at'),
    findings: json<Partial<Record<AuditKind, number>>>('findings').notNull().default({}),
    not_looked_at: json<AuditKind[]>('not_looked_at').notNull().default([]),
    corrections_created: integer('corrections_created'),
  },
  (t) => [
    index('idx_store_audits_started').on(t.started_at),
    index('idx_store_audits_completed').on(t.completed_at),
    check('chk_store_audit_trigger', oneOf('trigger', AUDIT_TRIGGERS)),
  ],
);
