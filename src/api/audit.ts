import { z } from 'zod';
import { auditReport } from '../contracts/audit.ts';
import { audit } from '../db/queries/audit.ts';
import { route } from './route.ts';

export const auditRoutes = [
  route({
    method: 'get',
    path: '/api/audit',
    access: 'admin',
    tag: 'Audit',
    summary: 'What became of every accepted event',
    answers: { 200: { description: 'The books', schema: z.object({ data: auditReport }) } },
    handle: async ({ deps }) => ({ status: 200, body: { data: await audit(deps.db.sql) } }),
  }),
];
