import { asc, sql } from 'drizzle-orm';
import { z } from 'zod';
import { botChange, botInput } from '../../src/contracts/cms.ts';
import type { Collection } from './collection.ts';
import type { Db, Tx } from './database.ts';
import { insertNumbered } from './numbered-rows.ts';
import { countRows, rowsOf } from './pagination.ts';
import { byEitherId } from './request-ids.ts';
import { bots } from './schema.ts';

type Row = typeof bots.$inferSelect;
type Input = z.output<typeof botInput>;
type Change = z.output<typeof botChange>;

/** Makes sure that a bot with this number exists; it has no name until somebody gives it one. */
export async function ensureBot(tx: Tx, id: number): Promise<void> {
  await tx.insert(bots).values({ id }).onConflictDoNothing({ target: bots.id });
}

/** Bots, with the settings their processing takes. */
export function botCollection(db: Db): Collection<Row, object, Input, Change> {
  return {
    name: 'bot',
    conflict: 'A bot with this id already exists.',
    filters: z.object({}),
    input: botInput,
    change: botChange,
    list: async (_filters, page) => {
      const { limit, offset } = rowsOf(page);
      const rows = await db.select().from(bots).orderBy(asc(bots.id)).limit(limit).offset(offset);
      return { rows, total: await countRows(db, bots) };
    },
    find: async (reference) => {
      const [row] = await db.select().from(bots).where(byEitherId(bots, reference));
      return row ?? null;
    },
    create: (input) => insertNumbered(input.id, () => db.insert(bots).values(input).returning()),
    update: async (reference, change) => {
      const [row] = await db
        .update(bots)
        .set({ ...change, updatedAt: sql`now()` })
        .where(byEitherId(bots, reference))
        .returning();
      return row ?? null;
    },
  };
}
