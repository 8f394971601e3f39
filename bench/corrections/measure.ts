import postgres from 'postgres';
import type { BareDeletes } from '../bare/deletes.ts';
import type { Bench } from '../bench.ts';
import { type Figure, holds, type Measured } from '../figure.ts';
import { startHelper } from '../helper.ts';
import { alternate, median } from '../rounds.ts';
import { FILES_PER_BOT, failAll, untilCounted } from './fail-all.ts';
import { CHUNKS_PER_FILE, openLeftovers, type Store } from './leftovers.ts';
import { CHROMA_FILES } from './loops.ts';

/** Corrections of failed files beside a bare loop of the same deletes, verified afterwards. */

const STORES = ['s3', 'chroma', 'cms'] as const;
const ACTIONS = { s3: 's3_delete', chroma: 'chroma_delete', cms: 'cms_delete' } as const;

/** What would hold corrections back is turned off; what guards them is not. Mail has its own figures. */
const SETTINGS = {
  AUTO_CORRECTION_DELAY_SECONDS: '0',
  CORRECTION_BRAKE_MAX_TASKS: '0',
  CORRECTION_BRAKE_PERCENT: '0',
  CORRECTION_BRAKE_MAX_TASKS_TOTAL: '0',
  ENABLE_EMAIL_NOTIFICATIONS: 'false',
  // As much as the bare loop deletes at a time.
  CHROMA_PAGE_SIZE: String(CHROMA_FILES * CHUNKS_PER_FILE),
};

/** The bare loops are given fewer files, because putting them takes longest. */
const BARE_SHARE = 1 / 4;
/** The round that is not counted is a small one. */
const WARM_UP_SHARE = 1 / 10;

/** @param files how many failed files a round corrects */
export async function measureCorrections(
  bench: Bench,
  stores: readonly Store[],
  files: number,
): Promise<Measured> {
  const env = await bench.freshEnv({ ...SETTINGS, CHROMA_COLLECTION: 'bench' });
  const sql = postgres(env.DATABASE_URL!, { max: 1, onnotice: () => {} });
  const leftovers = await openLeftovers(env);
  const bare = startHelper<BareDeletes, { seconds: number }>(
    new URL('../bare/deletes.ts', import.meta.url),
  );
  const turns: Record<string, number> = {};
  const put = async (side: string, share: number) => {
    const turn = turns[side] ?? 0;
    turns[side] = turn + 1;
    const count = Math.ceil(files * share * (turn === 0 ? WARM_UP_SHARE : 1));
    const ids = Array.from({ length: count }, (_, nth) => idOf(`${side}-${turn}`, nth));
    await leftovers.put(ids, stores);
    return ids;
  };
  /** Nothing is left where it was looked for; the records are where no step was for them. */
  const verified = async (documentIds: readonly string[]) => {
    const left = await leftovers.count();
    const expected = { s3: 0, chroma: 0, cms: stores.includes('cms') ? 0 : documentIds.length };
    for (const store of STORES)
      holds(
        `${store} holds ${expected[store]} and not ${left[store]}`,
        left[store] === expected[store],
      );
    await leftovers.clearRecords();
  };
  const ours = async () => {
    const ids = await put('ours', 1);
    await failAll(bench, env, ids);
    const actions = JSON.stringify(stores.map((store) => ACTIONS[store]));
    await sql`update auto_correction_tasks set correction_actions = ${actions}::text::jsonb
      where status = 'pending'`;
    const seconds = await correctAll(bench, env, sql, ids.length);
    await verified(ids);
    return (ids.length * stores.length) / seconds;
  };
  const bareLoop = async (loop: BareDeletes['loop']) => {
    const documentIds = await put(loop, BARE_SHARE);
    let seconds = 0;
    for (const store of stores)
      seconds += (await bare.ask({ env, store, loop, documentIds })).seconds;
    await verified(documentIds);
    return (documentIds.length * stores.length) / seconds;
  };
  const proving: number[] = [];
  try {
    const rounds = await alternate(bench.rounds, ours, async () => {
      proving.push(await bareLoop('prove'));
      return bareLoop('delete');
    });
    return { rounds, notes: [`${files} files a round, all proven, nothing left`, costOfProof()] };
  } finally {
    bare.stop();
    await leftovers.close();
    await sql.end();
  }

  /** What counting and proof leave of a bare loop that asks one question at a time. */
  function costOfProof(): string {
    const perSecond = Math.round(median(proving.slice(1)));
    return `a bare loop that counts before and reads back: ${perSecond.toLocaleString('en')} /s`;
  }
}

const padded = (count: number, digits: number) => String(count).padStart(digits, '0');

const idOf = (set: string, nth: number) =>
  `${set}-${padded(Math.floor(nth / FILES_PER_BOT), 4)}-${padded(nth, 6)}`;

/** @returns seconds from the first claim to the last task's completion */
async function correctAll(
  bench: Bench,
  env: Record<string, string>,
  sql: postgres.Sql,
  files: number,
): Promise<number> {
  const [before] = await sql<{ id: string }[]>`
    select coalesce(min(id), 0) as id from auto_correction_tasks where status = 'pending'`;
  const first = before?.id ?? '0';
  const worker = await bench.start('workers/main.js', env, ['--queues=corrections']);
  try {
    await untilCounted(
      files,
      () => sql`
      select count(*) from auto_correction_tasks where id >= ${first} and status = 'completed'`,
    );
    const [row] = await sql<{ seconds: number }[]>`
      select extract(epoch from max(completed_at) - min(started_at))::float8 as seconds
      from auto_correction_tasks where id >= ${first}`;
    return row?.seconds ?? Number.NaN;
  } finally {
    await worker.stop();
  }
}

const figureOf = (
  name: string,
  stores: readonly Store[],
  beside: string,
  files: number,
): Figure => ({
  name,
  what: `failed files corrected, ${stores.join(' + ')}, guarded and proven`,
  beside,
  unit: 'steps/s',
  target: { atLeast: 0.7 },
  measure: (bench) => measureCorrections(bench, stores, files),
});

/** @param files failed files corrected in a round */
export const correctionFigures = (files: number): Figure[] => [
  figureOf('s3', ['s3'], 'DeleteObjects, 1,000 keys a request', files),
  figureOf('chroma', ['chroma'], 'delete where document_id in 1,000 files', files),
  figureOf('cms', ['cms'], 'DELETE by id, 10 at a time', files),
  figureOf('all', ['chroma', 's3', 'cms'], 'the three loops, one after the other', files),
];
