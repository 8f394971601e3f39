import { z } from 'zod';
import { identifier } from '../contracts/text.ts';
import { timelineOf } from '../db/queries/timeline.ts';
import { row } from './answers.ts';
import { notFound } from './problem.ts';
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
];
