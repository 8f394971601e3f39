import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { fileRecordChange, fileRecordInput } from '../../src/contracts/cms.ts';
import { ensureBot } from './bots.ts';
import type { Collection } from './collection-routes.ts';
import { ensureCompany } from './companies.ts';
import type { Db, Tx } from './database.ts';
import { countRows, rowsOf } from './pages.ts';
import { byDocumentId, numericIdText } from './request-ids.ts';
import { files } from './schema.ts';

const filters = z
  .looseObject({ company: numericIdText.optional(), bot: numericIdText.optional() })
  .transform(({ company, bot, ...rest }) => ({ company, bot, documentIds: documentIdsOf(rest) }));

type Row = typeof files.$inferSelect;
type Filters = z.output<typeof filters>;
type Input = z.output<typeof fileRecordInput>;
type Change = z.output<typeof fileRecordChange>;

/** Names of `filters[documentId][$in][0]` and so on, as Strapi takes them. */
const WANTED = /^filters\[documentId\]\[\$in\]\[\d*\]$/;

/** The document ids asked for; undefined where the list is not narrowed to any. */
function documentIdsOf(query: Record<string, unknown>): string[] | undefined {
  const wanted = Object.entries(query).filter(([name]) => WANTED.test(name));
  if (wanted.length === 0) return undefined;
  return wanted.flatMap(([, value]) => value).filter((value) => typeof value === 'string');
}

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
): Collection<ReturnType<typeof present>, Filters, Input, Change> {
  return {
    name: 'file',
    conflict: 'A file with this documentId already exists.',
    filters,
    input: fileRecordInput,
    change: fileRecordChange,
    list: async ({ company, bot, documentIds }, page) => {
      const where = and(
        company === undefined ? undefined : eq(files.company_id, company),
        bot === undefined ? undefined : eq(files.bot_id, bot),
        documentIds && inArray(files.documentId, documentIds),
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
