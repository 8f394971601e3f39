import type { z } from 'zod';
import type { Page } from '../../src/contracts/cms-lists.ts';
import { isDuplicate } from './database-errors.ts';
import { Problem, validatedData } from './problem.ts';

/** What one content type can do. Operations on an unknown reference answer null or false. */
export interface Collection<Row, Filters, Input, Change> {
  /** Singular, as error messages call it. */
  name: string;
  /** Said with 409, when a row with the same key is there already. */
  conflict: string;
  filters: z.ZodType<Filters>;
  input: z.ZodType<Input>;
  change: z.ZodType<Change>;
  list(filters: Filters, page: Page): Promise<{ rows: Row[]; total: number }>;
  find(reference: string): Promise<Row | null>;
  create(input: Input): Promise<Row>;
  update(reference: string, change: Change): Promise<Row | null>;
  remove?(reference: string): Promise<boolean>;
}

/** One row. @throws Problem 404 */
export async function findRow<Row>(
  collection: Pick<Collection<Row, never, never, never>, 'name' | 'find'>,
  reference: string,
): Promise<Row> {
  return found(collection.name, await collection.find(reference));
}

/**
 * Creates a row from `{ "data": … }`, whoever sends it: the API's callers or a form.
 * @throws Problem 400 naming each field at fault, 409 where the key is taken
 */
export async function createRow<Row, Input>(
  collection: Pick<Collection<Row, never, Input, never>, 'conflict' | 'input' | 'create'>,
  body: unknown,
): Promise<Row> {
  const input = validatedData(collection.input, body);
  return collection.create(input).catch(asConflict(collection.conflict));
}

/**
 * Changes a row by `{ "data": … }`.
 * @throws Problem 400, 404 or 409
 */
export async function changeRow<Row, Change>(
  collection: Pick<
    Collection<Row, never, never, Change>,
    'name' | 'conflict' | 'change' | 'update'
  >,
  reference: string,
  body: unknown,
): Promise<Row> {
  const change = validatedData(collection.change, body);
  const row = await collection.update(reference, change).catch(asConflict(collection.conflict));
  return found(collection.name, row);
}

/** Throws away a row. @throws Problem 404 */
export async function removeRow(
  name: string,
  remove: (reference: string) => Promise<boolean>,
  reference: string,
): Promise<void> {
  found(name, (await remove(reference)) || null);
}

function found<Value>(name: string, value: Value | null): Value {
  if (value === null) throw new Problem(404, `There is no ${name} with this id.`);
  return value;
}

function asConflict(detail: string) {
  return (error: unknown): never => {
    throw isDuplicate(error) ? new Problem(409, detail) : error;
  };
}
