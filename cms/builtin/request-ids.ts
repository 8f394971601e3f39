import { eq, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import { identifier, numericId } from '../../src/contracts/text.ts';

/** A numeric id in a path or a query string: plain digits, 1 to 2^31-1. */
export const numericIdText = z
  .string()
  .regex(/^[1-9]\d{0,9}$/, 'must be a whole number from 1 to 2147483647')
  .transform(Number)
  .pipe(numericId);

const documentId = identifier();

/** The condition that finds a record by its document id; an id that cannot exist matches nothing. */
export function byDocumentId(column: PgColumn, reference: string): SQL {
  const parsed = documentId.safeParse(reference);
  return parsed.success ? eq(column, parsed.data) : sql`false`;
}

/** The condition that finds a record by its numeric id or its document id. */
export function byEitherId(table: { id: PgColumn; documentId: PgColumn }, reference: string): SQL {
  const numeric = numericIdText.safeParse(reference);
  return numeric.success ? eq(table.id, numeric.data) : byDocumentId(table.documentId, reference);
}
