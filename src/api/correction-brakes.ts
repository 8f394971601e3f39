import { z } from 'zod';
import { brakeScope } from '../contracts/corrections.ts';
import { brakeQuery, listOf } from '../contracts/lists.ts';
import { heldBy, lockBrakes, releaseBrake } from '../db/queries/correction-brakes.ts';
import { listBrakes } from '../db/queries/lists.ts';
import { answerList, row } from './answers.ts';
import { conflict } from './problem.ts';
import { route } from './route.ts';

export const correctionBrakeRoutes = [
  route({
    method: 'get',
    path: '/api/corrections/brakes',
    access: 'admin',
    tag: 'Corrections',
    summary: 'Every time the brake on corrections went on, newest first',
    query: brakeQuery,
    answers: { 200: { description: 'A page', schema: listOf(row) } },
    handle: async ({ deps, query }) => {
      const { rows, next } = await listBrakes(deps.db.orm, query);
      const held = await heldBy(deps.db.sql);
      const withTasks = rows.map((brake) => ({
        ...brake,
        held_tasks: brake.released_at === null ? (held.get(brake.scope) ?? 0) : 0,
      }));
      return answerList({ rows: withTasks, next });
    },
  }),
  route({
    method: 'post',
    path: '/api/corrections/brakes/:scope/release',
    access: 'admin',
    tag: 'Corrections',
    summary: 'Let what a brake holds go on; counting starts anew',
    params: z.object({ scope: brakeScope }),
    answers: {
      200: {
        description: 'Released. Another brake may hold some of its tasks from now on',
        schema: z.object({ data: z.object({ scope: z.string(), released_tasks: z.number() }) }),
      },
      409: { description: 'It is not on' },
    },
    handle: async ({ deps, params: { scope } }) => {
      const released = await deps.db.sql.begin(async (tx) => {
        await lockBrakes(tx);
        return releaseBrake(tx, scope);
      });
      if (released === null) throw conflict(`The brake of ${scope} is not on.`);
      return { status: 200, body: { data: { scope, released_tasks: released } } };
    },
  }),
];
