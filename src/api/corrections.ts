import { z } from 'zod';
import {
  CORRECTION_STATUSES,
  cancelRequest,
  correctionRequest,
  correctionUndo,
} from '../contracts/corrections.ts';
import { correctionQuery, listOf } from '../contracts/lists.ts';
import { correctionWithUndo } from '../db/queries/correction-detail.ts';
import {
  cancelMatching,
  isBeingPutBack,
  moveCorrection,
  type OperatorMove,
  ownersOf,
  requestCorrection,
} from '../db/queries/correction-requests.ts';
import { findCorrection } from '../db/queries/corrections.ts';
import { correctionDetail, listCorrections } from '../db/queries/lists.ts';
import type { Deps } from '../deps.ts';
import { modeChooser, strictestMode } from '../domain/correction-mode.ts';
import { type FileOwner, ownerOfRequest } from '../domain/correction-owner.ts';
import { answerList, idParams, row } from './answers.ts';
import { correctionObjection } from './correction-objection.ts';
import { conflict, HttpProblem, notFound } from './problem.ts';
import { route } from './route.ts';

const accepted = z.object({
  data: z.object({ id: z.number().int(), status: z.enum(CORRECTION_STATUSES) }),
});

const modesOf = ({ config }: Deps) =>
  modeChooser(config.AUTO_CORRECTION_MODE, config.AUTO_CORRECTION_MODES);

/** A word against our records would have another company's modes and brake judge the correction. */
const notTheirs = (field: keyof FileOwner) =>
  new HttpProblem(
    422,
    'Contradicts our records',
    'Our records know the file, and as that of somebody else. Leave the field out, or correct it.',
    { errors: [{ path: field, message: 'is not that of an owner of the file' }] },
  );

/** An operator moves a task on; raised at once where there is something to run. */
async function move(deps: Deps, id: number, how: OperatorMove) {
  const moved = await deps.db.sql.begin((tx) => moveCorrection(tx, id, how, modesOf(deps)));
  if (!moved) {
    const task = await findCorrection(deps.db.sql, id);
    if (!task) throw notFound(`correction ${id}`);
    const restoring = await isBeingPutBack(deps.db.sql, task.file_document_id);
    throw conflict(correctionObjection({ ...task, restoring }, how));
  }
  if (how !== 'cancel')
    await deps.producer.tryToEnsure('corrections', [{ payload: { correction_id: id } }]);
  return {
    status: how === 'retry' ? 202 : 200,
    body: { data: await correctionDetail(deps.db.orm, id) },
  };
}

const moves = (['retry', 'approve', 'cancel'] as const).map((how) =>
  route({
    method: 'post',
    path: `/api/corrections/:id/${how}`,
    access: 'admin',
    tag: 'Corrections',
    summary: {
      retry: 'Run it again with a fresh budget',
      approve: 'Let it run, also where a brake holds it',
      cancel: 'Never run it',
    }[how],
    params: idParams,
    answers: {
      [how === 'retry' ? 202 : 200]: { description: 'Done', schema: z.object({ data: row }) },
      409: { description: 'Its status forbids it' },
    },
    handle: ({ deps, params }) => move(deps, params.id, how),
  }),
);

export const correctionRoutes = [
  route({
    method: 'post',
    path: '/api/corrections',
    access: 'producer',
    tag: 'Corrections',
    summary: 'Have the leftovers of a failed file removed',
    body: correctionRequest,
    answers: {
      202: { description: 'Task created', schema: accepted },
      200: { description: 'There is an open task already', schema: accepted },
      409: { description: 'Corrections are turned off' },
      422: { description: 'Our records know the file as that of another company or bot' },
    },
    handle: async ({ deps, body: asked }) => {
      const { config, producer, metrics } = deps;
      if (!config.ENABLE_AUTO_CORRECTION)
        throw new HttpProblem(
          409,
          'Conflict',
          'Corrections are turned off (ENABLE_AUTO_CORRECTION).',
        );
      const owners = await ownersOf(deps.db.sql, asked.file_document_id);
      const told = ownerOfRequest(asked, owners);
      if ('contradiction' in told) throw notTheirs(told.contradiction);
      const body = { ...asked, ...told.owner };
      // Whoever else has the file loses it with the others.
      const companies = [body.company_id ?? null, ...owners.map(({ company_id }) => company_id)];
      const mode = strictestMode(modesOf(deps), body.failure_category, companies);
      const runAt = new Date(Date.now() + config.AUTO_CORRECTION_DELAY_SECONDS * 1000);
      const task = await requestCorrection(deps.db.sql, body, mode, runAt);
      if (task.created) {
        metrics.correctionsCreated.inc();
        if (task.status === 'pending')
          void producer.raise('corrections', [{ payload: { correction_id: task.id }, at: runAt }]);
      }
      const { id, status } = task;
      return { status: task.created ? 202 : 200, body: { data: { id, status } } };
    },
  }),
  route({
    method: 'get',
    path: '/api/corrections',
    access: 'admin',
    tag: 'Corrections',
    summary: 'Correction tasks, newest first',
    query: correctionQuery,
    answers: { 200: { description: 'A page', schema: listOf(row) } },
    handle: async ({ deps, query }) => answerList(await listCorrections(deps.db.orm, query)),
  }),
  route({
    method: 'get',
    path: '/api/corrections/:id',
    access: 'admin',
    tag: 'Corrections',
    summary: 'One task with its steps and log',
    params: idParams,
    answers: {
      200: {
        description: 'The task, and what can be undone of it',
        schema: z.object({ data: row.extend(correctionUndo.shape) }),
      },
    },
    handle: async ({ deps, params }) => {
      const task = await correctionWithUndo(deps.db.orm, params.id);
      if (!task) throw notFound(`correction ${params.id}`);
      return { status: 200, body: { data: task } };
    },
  }),
  route({
    method: 'post',
    path: '/api/corrections/cancel',
    access: 'admin',
    tag: 'Corrections',
    summary: 'Cancel all tasks that match and have removed nothing yet',
    body: cancelRequest,
    answers: {
      200: {
        description: 'How many were cancelled, or would be',
        schema: z.object({ data: z.object({ dry_run: z.boolean(), count: z.number().int() }) }),
      },
    },
    handle: async ({ deps, body: { limit, dry_run, ...filter } }) => {
      const count = await cancelMatching(deps.db.sql, filter, limit, dry_run);
      return { status: 200, body: { data: { dry_run, count } } };
    },
  }),
  ...moves,
];
