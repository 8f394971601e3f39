import { eq, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { numericIdText } from '../../src/contracts/cms-lists.ts';
import { identifier } from '../../src/contracts/text.ts';

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
