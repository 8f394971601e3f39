import postgres from 'postgres';
import type { Bench } from '../bench.ts';
import { cpuSecondsBelow } from '../cpu.ts';
import { holds } from '../figure.ts';
import { untilCounted } from './fail-all.ts';
import { CHUNKS_PER_FILE, type Store } from './leftovers.ts';

/** One worker process that corrects what is called for, as long as the figure lasts. */

/** What a file leaves in each store. */
const LEFT = { s3: 1, chroma: CHUNKS_PER_FILE, cms: 1 } as const;
const ACTIONS = { s3: 's3_delete', chroma: 'chroma_delete', cms: 'cms_delete' } as const;
/** Long enough to have the call written before the first task is due. */
const CALL_AHEAD_SECONDS = 3;

export interface Corrected {
  /** From the first claim to the last task's completion. */
  seconds: number;
  /** CPU seconds it took, by process. */
  cpu: Record<string, number>;
}

export interface Corrector {
  /** Calls for all that waits, by steps on the stores given, and waits until it is completed. */
  correctAll(files: number, stores: readonly Store[]): Promise<Corrected>;
  stop(): Promise<void>;
}

export async function startCorrecting(
  bench: Bench,
  env: Record<string, string>,
): Promise<Corrector> {
  const sql = postgres(env.DATABASE_URL!, { max: 1, onnotice: () => {} });
  const worker = await bench.start('workers/main.js', env, ['--queues=corrections']);
  const { postgres: database = 0, s3 = 0, chroma = 0, cms = 0 } = bench.parts;
  const cpu = () => ({
    worker: cpuSecondsBelow(worker.pid),
    Postgres: cpuSecondsBelow(database),
    stores: [s3, chroma, cms].reduce((sum, pid) => sum + cpuSecondsBelow(pid), 0),
  });
  return {
    async correctAll(files, stores) {
      const actions = JSON.stringify(stores.map((store) => ACTIONS[store]));
      const called = await sql<{ id: string }[]>`
        update auto_correction_tasks set correction_actions = ${actions}::text::jsonb,
          run_at = clock_timestamp() + make_interval(secs => ${CALL_AHEAD_SECONDS})
        where status = 'pending' returning id`;
      const first = called.reduce((least, { id }) => Math.min(least, Number(id)), Infinity);
      const before = cpu();
      await untilCounted(
        files,
        // What is open, by its index: to count what is done would take longer with every round.
        () => sql`
          select ${files}::int - count(*) as count from auto_correction_tasks
          where status in ('pending', 'processing') and held_by is null`,
      );
      const after = cpu();
      const [row] = await sql<{ seconds: number; proven: number; removed: number }[]>`
        select extract(epoch from max(completed_at) - min(started_at))::float8 as seconds,
          sum(jsonb_array_length(execution_log))::int as proven,
          sum((select sum((step->>'count')::int) from jsonb_array_elements(execution_log) step
            where step->>'result' = 'proven'))::int as removed
        from auto_correction_tasks where id >= ${first}`;
      const left = stores.reduce((sum, store) => sum + LEFT[store], 0);
      holds('every step was taken and proven once', row?.proven === files * stores.length);
      holds('as much is said to be removed as was put', row?.removed === files * left);
      const spent = Object.entries(after).map(([name, seconds]) => {
        return [name, seconds - before[name as keyof typeof before]];
      });
      return { seconds: row?.seconds ?? Number.NaN, cpu: Object.fromEntries(spent) };
    },
    async stop() {
      await worker.stop();
      await sql.end();
    },
  };
}
