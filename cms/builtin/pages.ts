import { count, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import type { Db } from './database.ts';

const MAX_PAGE_SIZE = 100;
const wholeText = (max: number, fallback: number) =>
  z
    .string()
    .regex(/^[1-9]\d{0,9}$/, `must be a whole number from 1 to ${max}`)
    .transform(Number)
    .pipe(z.number().max(max))
    .default(fallback);

/** The query parameters of every list, under these names or Strapi's. Pages are counted from 1. */
export const pageQuery = z.preprocess(
  withPlainNames,
  z.object({ page: wholeText(2 ** 31 - 1, 1), pageSize: wholeText(MAX_PAGE_SIZE, 25) }),
);
export type Page = z.output<typeof pageQuery>;

function withPlainNames(query: unknown): unknown {
  if (typeof query !== 'object' || query === null) return query;
  const entries = Object.entries(query).map(([name, value]) => {
    return [name.replace(/^pagination\[(page|pageSize)\]$/, '$1'), value] as const;
  });
  return Object.fromEntries(entries);
}

/** Where a page begins and how long it is, in rows. */
export function rowsOf({ page, pageSize }: Page): { limit: number; offset: number } {
  return { limit: pageSize, offset: (page - 1) * pageSize };
}

/** How many rows of a table meet the condition. */
export async function countRows(db: Db, table: PgTable, where?: SQL): Promise<number> {
  const [row] = await db.select({ total: count() }).from(table).where(where);
  return row?.total ?? 0;
}

/** The `meta` of a list answer. */
export function pagination({ page, pageSize }: Page, total: number) {
  return { pagination: { page, pageSize, pageCount: Math.ceil(total / pageSize), total } };
}
