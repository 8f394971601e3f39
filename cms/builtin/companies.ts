import { asc, sql } from 'drizzle-orm';
import { z } from 'zod';
import { companyChange, companyInput } from '../../src/contracts/cms.ts';
import type { Collection } from './collection.ts';
import type { Db, Tx } from './database.ts';
import { insertNumbered } from './numbered-rows.ts';
import { countRows, rowsOf } from './pagination.ts';
import type { PreferenceCache } from './preference-cache.ts';
import { byEitherId } from './request-ids.ts';
import { companies } from './schema.ts';

type Row = typeof companies.$inferSelect;
type Input = z.output<typeof companyInput>;
type Change = z.output<typeof companyChange>;

/** Makes sure that a company with this number exists; it has no name until somebody gives it one. */
export async function ensureCompany(tx: Tx, id: number): Promise<void> {
  await tx.insert(companies).values({ id }).onConflictDoNothing({ target: companies.id });
}

/** Companies. A write makes what was cached from the company's defaults void. */
export function companyCollection(
  db: Db,
  cache: PreferenceCache,
): Collection<Row, object, Input, Change> {
  return {
    name: 'company',
    conflict: 'A company with this id already exists.',
    filters: z.object({}),
    input: companyInput,
    change: companyChange,
    list: async (_filters, page) => {
      const { limit, offset } = rowsOf(page);
      const rows = await db
        .select()
        .from(companies)
        .orderBy(asc(companies.id))
        .limit(limit)
        .offset(offset);
      return { rows, total: await countRows(db, companies) };
    },
    find: async (reference) => {
      const [row] = await db.select().from(companies).where(byEitherId(companies, reference));
      return row ?? null;
    },
    create: async (input) => {
      const row = await insertNumbered(input.id, () =>
        db.insert(companies).values(input).returning(),
      );
      cache.forgetCompany(row.id);
      return row;
    },
    update: async (reference, change) => {
      const [row] = await db
        .update(companies)
        .set({ ...change, updatedAt: sql`now()` })
        .where(byEitherId(companies, reference))
        .returning();
      if (row) cache.forgetCompany(row.id);
      return row ?? null;
    },
  };
}
