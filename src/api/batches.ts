import { z } from 'zod';
import { batchQuery, listOf } from '../contracts/lists.ts';
import { type BatchRow, findBatch, requestClose } from '../db/queries/batches.ts';
import { batchDetail, listBatches } from '../db/queries/lists.ts';
import { answerList, row } from './answers.ts';
import { conflict, notFound } from './problem.ts';
import { route } from './route.ts';

const batchParams = z.object({ batch_id: z.uuid() });

/** Why a batch cannot be closed by hand. */
function whyNotClosed({ batch_id, status, total_files, closed_by }: BatchRow): string {
  if (status !== 'processing') return `Batch ${batch_id} is closed already (${closed_by}).`;
  return total_files === 0
    ? `Batch ${batch_id} is empty: its files were deleted. It closes by itself, without a mail.`
    : `Nothing in batch ${batch_id} is finished yet.`;
}

export const batchRoutes = [
  route({
    method: 'get',
    path: '/api/batches',
    access: 'admin',
    tag: 'Batches',
    summary: 'Batches, newest first',
    query: batchQuery,
    answers: { 200: { description: 'A page', schema: listOf(row) } },
    handle: async ({ deps, query }) => answerList(await listBatches(deps.db.orm, query)),
  }),
  route({
    method: 'get',
    path: '/api/batches/:batch_id',
    access: 'admin',
    tag: 'Batches',
    summary: 'One batch with its files and mails',
    params: batchParams,
    answers: { 200: { description: 'The batch', schema: z.object({ data: row }) } },
    handle: async ({ deps, params }) => {
      const batch = await batchDetail(deps.db.orm, params.batch_id);
      if (!batch) throw notFound(`batch ${params.batch_id}`);
      return { status: 200, body: { data: batch } };
    },
  }),
  route({
    method: 'post',
    path: '/api/batches/:batch_id/close',
    access: 'admin',
    tag: 'Batches',
    summary: 'Close it now and send its mail',
    params: batchParams,
    answers: {
      202: { description: 'Will be closed', schema: z.object({ data: row }) },
      409: { description: 'It is closed or empty, or nothing in it is finished' },
    },
    handle: async ({ deps, params: { batch_id } }) => {
      if (!(await requestClose(deps.db.sql, batch_id))) {
        const batch = await findBatch(deps.db.sql, batch_id);
        if (!batch) throw notFound(`batch ${batch_id}`);
        throw conflict(whyNotClosed(batch));
      }
      await deps.producer.tryToEnsure('batch-close', [{ payload: { batch_id } }]);
      return { status: 202, body: { data: await batchDetail(deps.db.orm, batch_id) } };
    },
  }),
];
