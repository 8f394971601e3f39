import { z } from 'zod';
import { correctionUndo } from '../contracts/corrections.ts';
import { correctionWithUndo } from '../db/queries/correction-detail.ts';
import { findCorrection } from '../db/queries/corrections.ts';
import { heldParts } from '../db/queries/quarantines.ts';
import { requestRestore } from '../db/queries/restores.ts';
import type { Deps } from '../deps.ts';
import { idParams, row } from './answers.ts';
import { conflict, notFound } from './problem.ts';
import { route } from './route.ts';

/** The stores are asked for no longer than this, in milliseconds; the worker asks again. */
const ASK_MS = 5000;

export const restoreRoutes = [
  route({
    method: 'post',
    path: '/api/corrections/:id/restore',
    access: 'admin',
    tag: 'Corrections',
    summary: 'Put back what it removed',
    params: idParams,
    answers: {
      202: {
        description: 'Queued, or under way already',
        schema: z.object({ data: row.extend(correctionUndo.shape) }),
      },
      409: {
        description:
          'Nothing is kept of it, something newer stands in its place, or its file was deleted or is being ingested',
      },
    },
    handle: async ({ deps, params: { id } }) => {
      const task = await findCorrection(deps.db.sql, id);
      if (!task) throw notFound(`correction ${id}`);
      const newer = await newerStores(deps, id, task.file_document_id);
      if (newer.length > 0)
        throw conflict(
          `Correction ${id} cannot be undone: something newer stands in ${newer.join(', ')}.`,
        );
      const objection = await deps.db.sql.begin((tx) => requestRestore(tx, id, 'operator'));
      if (objection) throw conflict(`Correction ${id} cannot be undone: ${objection}.`);
      const data = await correctionWithUndo(deps.db.orm, id);
      if (!data) throw notFound(`correction ${id}`);
      await deps.producer.tryToEnsure('correction-restore', [{ payload: { correction_id: id } }]);
      return { status: 202, body: { data } };
    },
  }),
];

/** The stores in which something newer stands; none where they rest or cannot be asked in time. */
async function newerStores(deps: Deps, id: number, documentId: string): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string[]>((resolve) => {
    timer = setTimeout(resolve, ASK_MS, []);
  });
  const asked = heldParts(deps.db.sql, id)
    .then((parts) => {
      const stores = ['s3', ...parts.map(({ store }) => store)] as const;
      if (stores.some((store) => deps.stores[store].rests())) return [];
      return deps.quarantine.newerThan(documentId, parts);
    })
    .catch((error: unknown) => {
      deps.log.warn({ err: error, correction: id }, 'stores not asked before the restore');
      return [];
    });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
