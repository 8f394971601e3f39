import { z } from 'zod';
import { errorResolution } from '../contracts/errors.ts';
import { errorQuery, listOf } from '../contracts/lists.ts';
import { listErrors, resolveError } from '../db/queries/lists.ts';
import { answerList, idParams, row } from './answers.ts';
import { notFound } from './problem.ts';
import { route } from './route.ts';

export const errorRoutes = [
  route({
    method: 'get',
    path: '/api/errors',
    access: 'admin',
    tag: 'Errors',
    summary: 'Processing errors, newest first',
    query: errorQuery,
    answers: { 200: { description: 'A page', schema: listOf(row) } },
    handle: async ({ deps, query }) => answerList(await listErrors(deps.db.orm, query)),
  }),
  route({
    method: 'patch',
    path: '/api/errors/:id',
    access: 'admin',
    tag: 'Errors',
    summary: 'Settle an error, or open it again',
    params: idParams,
    body: errorResolution,
    answers: { 200: { description: 'The error', schema: z.object({ data: row }) } },
    handle: async ({ deps, params, body }) => {
      const error = await resolveError(deps.db.orm, params.id, body);
      if (!error) throw notFound(`error ${params.id}`);
      return { status: 200, body: { data: error } };
    },
  }),
];
