import { Router } from 'express';
import { pageQuery } from '../../src/contracts/cms-lists.ts';
import { type Collection, changeRow, createRow, findRow, removeRow } from './collection.ts';
import { pagination } from './pagination.ts';
import { validated } from './problem.ts';

/** The routes every content type has: list, one, create (201), update (200) and, where it can, delete (204). */
export function collectionRoutes<Row, Filters, Input, Change>(
  collection: Collection<Row, Filters, Input, Change>,
): Router {
  const router = Router();

  router.get('/', async (request, response) => {
    const page = validated(pageQuery, request.query);
    const filters = validated(collection.filters, request.query);
    const { rows, total } = await collection.list(filters, page);
    response.json({ data: rows, meta: pagination(page, total) });
  });
  router.get('/:id', async (request, response) => {
    response.json({ data: await findRow(collection, request.params.id) });
  });
  router.post('/', async (request, response) => {
    response.status(201).json({ data: await createRow(collection, request.body) });
  });
  router.put('/:id', async (request, response) => {
    response.json({ data: await changeRow(collection, request.params.id, request.body) });
  });
  const { name, remove } = collection;
  if (remove) {
    router.delete('/:id', async (request, response) => {
      await removeRow(name, remove, request.params.id);
      response.status(204).end();
    });
  }
  return router;
}
