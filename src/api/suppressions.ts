import { z } from 'zod';
import { listOf, suppressionQuery } from '../contracts/lists.ts';
import { suppressionRequest } from '../contracts/suppressions.ts';
import { listSuppressions } from '../db/queries/lists.ts';
import { liftSuppression, suppressAddress } from '../db/queries/suppressions.ts';
import { answerList, idParams, row } from './answers.ts';
import { notFound } from './problem.ts';
import { route } from './route.ts';

const one = z.object({ data: row });

export const suppressionRoutes = [
  route({
    method: 'get',
    path: '/api/suppressions',
    access: 'admin',
    tag: 'Suppressions',
    summary: 'Addresses that get no mail, and those lifted again, newest first',
    query: suppressionQuery,
    answers: { 200: { description: 'A page', schema: listOf(row) } },
    handle: async ({ deps, query }) => answerList(await listSuppressions(deps.db.orm, query)),
  }),
  route({
    method: 'post',
    path: '/api/suppressions',
    access: 'admin',
    tag: 'Suppressions',
    summary: 'Send an address no more mail',
    body: suppressionRequest,
    answers: {
      200: { description: 'It is suppressed already', schema: one },
      201: { description: 'Suppressed', schema: one },
    },
    handle: async ({ deps, body }) => {
      const { row: data, added } = await suppressAddress(deps.db.sql, body.email, body.reason);
      return { status: added ? 201 : 200, body: { data } };
    },
  }),
  route({
    method: 'delete',
    path: '/api/suppressions/:id',
    access: 'admin',
    tag: 'Suppressions',
    summary: 'Let an address have mail again',
    params: idParams,
    answers: { 200: { description: 'Lifted', schema: one } },
    handle: async ({ deps, params }) => {
      const data = await liftSuppression(deps.db.sql, params.id);
      if (!data) throw notFound(`suppression ${params.id}`);
      return { status: 200, body: { data } };
    },
  }),
];
