import { isDuplicate } from './database-errors.ts';

/**
 * Inserts a row whose number the sequence draws, unless the caller chose one. Rows made on demand
 * carry numbers the sequence knows nothing of; it moves on past them, one draw at a time.
 * @param chosen the number the caller insists on; when it is taken the insert's error is thrown
 */
export async function insertNumbered<Row>(
  chosen: number | undefined,
  insert: () => Promise<Row[]>,
): Promise<Row> {
  for (;;) {
    try {
      const [row] = await insert();
      return row as Row;
    } catch (error) {
      if (chosen !== undefined || !isDuplicate(error)) throw error;
    }
  }
}
