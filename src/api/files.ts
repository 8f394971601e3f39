import { z } from 'zod';
import { generationAnswer, generationQuery } from '../contracts/generation.ts';
import { identifier } from '../contracts/text.ts';
import { generationOf } from '../db/queries/generation.ts';
import { timelineOf } from '../db/queries/timeline.ts';
import { writeSafety } from '../domain/write-safety.ts';
import { row } from './answers.ts';
import { conflict, notFound } from './problem.ts';
import { route } from './route.ts';

export const fileRoutes = [
  route({
    method: 'get',
    path: '/api/files/:document_id/timeline',
    access: 'admin',
    tag: 'Files',
    summary: 'Everything that happened to one file, and why its owner was told or not',
    params: z.object({ document_id: identifier() }),
    answers: { 200: { description: 'Oldest first', schema: z.object({ data: z.array(row) }) } },
    handle: async ({ deps, params }) => {
      const entries = await timelineOf(deps.db.sql, params.document_id);
      if (entries.length === 0) throw notFound(`file ${params.document_id}`);
      return { status: 200, body: { data: entries } };
    },
  }),
  route({
    method: 'get',
    path: '/api/files/:document_id/generation',
    access: 'producer',
    tag: 'Files',
    summary: 'Which ingestion of a file is the current one, and whether writing is safe',
    params: z.object({ document_id: identifier() }),
    query: generationQuery,
    answers: {
      200: { description: 'Where the file stands', schema: z.object({ data: generationAnswer }) },
      409: { description: 'Several owners have the file; say whose' },
    },
    handle: async ({ deps, params, query }) => {
      const { generation: own, ...owner } = query;
      const found = await generationOf(deps.db.sql, params.document_id, owner);
      if (found.owners > 1)
        throw conflict('Several owners have this file: name company_id, bot_id and user_email.');
      if (found.owners === 0 && !found.events_pending)
        throw notFound(`file ${params.document_id}; push an event of it first`);
      const { owners: _owners, given_up: _givenUp, ...state } = found;
      return { status: 200, body: { data: { ...state, ...writeSafety(found, own) } } };
    },
  }),
];
