import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { fileRecordChange, fileRecordInput } from '../../src/contracts/cms.ts';
import { type FileFilters, fileFilters } from '../../src/contracts/cms-lists.ts';
import { ensureBot } from './bots.ts';
import type { Collection } from './collection.ts';
import { ensureCompany } from './companies.ts';
import type { Db, Tx } from './database.ts';
import { countRows, rowsOf } from './pagination.ts';
import { byDocumentId } from './request-ids.ts';
import { files } from './schema.ts';

type Row = typeof files.$inferSelect;
type Input = z.output<typeof fileRecordInput>;
type Change = z.output<typeof fileRecordChange>;

const reference = (id: number | null) => (id === null ? null : { id });

function present({ company_id, bot_id, ...row }: Row) {
  return { ...row, company: reference(company_id), bot: reference(bot_id) };
}

/** The columns of a change; companies and bots it mentions for the first time get their row. */
async function columnsOf<Fields extends Change>(tx: Tx, { company, bot, ...fields }: Fields) {
  if (company !== undefined) await ensureCompany(tx, company);
  if (bot !== undefined) await ensureBot(tx, bot);
  return { ...fields, company_id: company, bot_id: bot };
}

/** File records, known by their document id alone. */
export function fileCollection(
  db: Db,
): Collection<ReturnType<typeof present>, FileFilters, Input, Change> {
  return {
    name: 'file',
    conflict: 'A file with this documentId already exists.',
    filters: fileFilters,
    input: fileRecordInput,
    change: fileRecordChange,
    list: async ({ company, bot, documentId }, page) => {
      const where = and(
        company === undefined ? undefined : eq(files.company_id, company),
        bot === undefined ? undefined : eq(files.bot_id, bot),
        documentId && inArray(files.documentId, documentId),
      );
      const { limit, offset } = rowsOf(page);
      const rows = await db
        .select()
        .from(files)
        .where(where)
        .orderBy(asc(files.id))
        .limit(limit)
        .offset(offset);
      return { rows: rows.map(present), total: await countRows(db, files, where) };
    },
    find: async (documentId) => {
      const [row] = await db.select().from(files).where(byDocumentId(files.documentId, documentId));
      return row ? present(row) : null;
    },
    create: (input) =>
      db.transaction(async (tx) => {
        const [row] = await tx
          .insert(files)
          .values(await columnsOf(tx, input))
          .returning();
        return present(row!);
      }),
    update: (documentId, change) =>
      db.transaction(async (tx) => {
        const [known] = await tx
          .select({ id: files.id })
          .from(files)
          .where(byDocumentId(files.documentId, documentId))
          .for('update');
        if (!known) return null;
        const [row] = await tx
          .update(files)
          .set({ ...(await columnsOf(tx, change)), updatedAt: sql`now()` })
          .where(eq(files.id, known.id))
          .returning();
        return present(row!);
      }),
    remove: async (documentId) => {
      const removed = await db
        .delete(files)
        .where(byDocumentId(files.documentId, documentId))
        .returning({ id: files.id });
      return removed.length > 0;
    },
  };
}
