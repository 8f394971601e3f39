import { requestRestore } from '../../src/db/queries/restores.ts';
import { NotYet } from '../../src/errors.ts';
import { applyFileEvents } from '../../src/workers/apply-file-events.ts';
import { runCorrection } from '../../src/workers/run-correction.ts';
import { jobContext } from '../support/job-context.ts';
import { documentId, failure, type System } from '../support/system.ts';
import type { Scenario } from './kill-scenarios.ts';
import type { Leftovers } from './leftovers.ts';

/** The jobs that save, put back, look again and purge, each brought to the point where it is next. */
export function undoKillScenarios({ deps, push }: System, leftovers: Leftovers): Scenario[] {
  const { sql } = deps.db;

  async function failed(person: string, more: object = {}) {
    const document = documentId();
    const { storage_key } = await leftovers.put(document);
    const { body } = await push(failure(person, document, { storage_key, ...more }));
    const [row] = await sql<{ chunk_id: string }[]>`
      select chunk_id from file_events where event_id = ${body.data.events[0].event_id}`;
    await applyFileEvents(deps, row!, jobContext('setup'));
    const [task] = await sql<{ correction_id: number }[]>`
      select id as correction_id from auto_correction_tasks where user_email = ${person}`;
    return { document, payload: task! };
  }
  async function corrected(person: string) {
    const { document, payload } = await failed(person);
    // One per run: afterwards there may always be more.
    await runCorrection(deps, payload).catch((error: unknown) => {
      if (!(error instanceof NotYet)) throw error;
    });
    return { document, payload };
  }

  return [
    {
      // Every step is saved in the same way; one is enough to die in.
      name: 'correct one store',
      queue: 'corrections',
      prepare: (person) =>
        failed(person, { error: { category: 'storage_error', message: 'upsert failed' } }),
    },
    {
      name: 'restore',
      queue: 'correction-restore',
      prepare: async (person) => {
        const { payload } = await corrected(person);
        await sql.begin((tx) => requestRestore(tx, payload.correction_id, 'operator'));
        return { payload };
      },
    },
    {
      name: 'look a second time',
      queue: 'second-look',
      prepare: async (person) => {
        const { document, payload } = await corrected(person);
        await leftovers.put(document);
        await sql`
          update correction_second_looks set look_at = now()
          where correction_id = ${payload.correction_id}`;
        return { payload };
      },
    },
    {
      name: 'purge',
      queue: 'quarantine-purge',
      prepare: async (person) => {
        const { payload } = await corrected(person);
        await sql`
          update correction_quarantines set expires_at = now()
          where correction_id = ${payload.correction_id}`;
        return { payload };
      },
    },
  ];
}
