import { z } from 'zod';
import { encodeCursor } from '../contracts/lists.ts';
import type { Answer } from './route.ts';

/** Pieces that several resources answer with. */

/** A row of a table as JSON; its columns are described in the data model. */
export const row = z.looseObject({});

/** `:id` of a table with numeric ids. */
export const idParams = z.object({
  id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
});

/** A page of a list and where the next one starts. */
export function answerList(page: { rows: unknown[]; next: number | null }): Answer {
  const next_cursor = page.next === null ? null : encodeCursor(page.next);
  return { status: 200, body: { data: page.rows, next_cursor } };
}
