import { Router } from 'express';
import type { z } from 'zod';
import { type Page, pageQuery } from '../../src/contracts/cms-lists.ts';
import { isDuplicate } from './database-errors.ts';
import { pagination } from './pages.ts';
import { Problem, validated, validatedData } from './problem.ts';

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

/** The routes every content type has: list, one, create (201), update (200) and, where it can, delete (204). */
export function collectionRoutes<Row, Filters, Input, Change>(
  collection: Collection<Row, Filters, Input, Change>,
): Router {
  const router = Router();
  const found = <Value>(value: Value | null): Value => {
    if (value === null || value === false)
      throw new Problem(404, `There is no ${collection.name} with this id.`);
    return value;
  };

  router.get('/', async (request, response) => {
    const page = validated(pageQuery, request.query);
    const filters = validated(collection.filters, request.query);
    const { rows, total } = await collection.list(filters, page);
    response.json({ data: rows, meta: pagination(page, total) });
  });
  router.get('/:id', async (request, response) => {
    response.json({ data: found(await collection.find(request.params.id)) });
  });
  router.post('/', async (request, response) => {
    const input = validatedData(collection.input, request.body);
    const row = await collection.create(input).catch(asConflict(collection.conflict));
    response.status(201).json({ data: row });
  });
  router.put('/:id', async (request, response) => {
    const change = validatedData(collection.change, request.body);
    const row = await collection
      .update(request.params.id, change)
      .catch(asConflict(collection.conflict));
    response.json({ data: found(row) });
  });
  if (collection.remove) {
    const remove = collection.remove;
    router.delete('/:id', async (request, response) => {
      found(await remove(request.params.id));
      response.status(204).end();
    });
  }
  return router;
}

function asConflict(detail: string) {
  return (error: unknown): never => {
    throw isDuplicate(error) ? new Problem(409, detail) : error;
  };
}
