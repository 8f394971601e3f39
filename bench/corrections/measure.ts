import postgres from 'postgres';
import type { BareDeletes } from '../bare/deletes.ts';
import type { Bench } from '../bench.ts';
import { type Figure, holds, type Measured } from '../figure.ts';
import { startHelper } from '../helper.ts';
import { alternate } from '../rounds.ts';
import { CHUNKS_PER_FILE, keyOf, openLeftovers } from './leftovers.ts';

/** Corrections of failed files beside a bare loop of the same deletes, verified afterwards. */

type Store = BareDeletes['store'];

const ACTIONS = { s3: 's3_delete', chroma: 'chroma_delete', cms: 'cms_delete' } as const;
const EVENTS_PER_REQUEST = 1000;
/** Different people, so that no batch grows out of all proportion. */
const PEOPLE = 500;

/** What would hold corrections back is turned off; what guards them is not. */
const SETTINGS = {
  AUTO_CORRECTION_DELAY_SECONDS: '0',
  CORRECTION_BRAKE_MAX_TASKS: '0',
  CORRECTION_BRAKE_PERCENT: '0',
  CORRECTION_BRAKE_MAX_TASKS_TOTAL: '0',
  // As much as the bare loop deletes at a time.
  CHROMA_PAGE_SIZE: '3000',
};

/** @param files how many failed files each side of a round has */
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
  let set = 0;
  const putFiles = async (side: string) => {
    set += 1;
    const ids = Array.from({ length: files }, (_, nth) => `${side}-${set}-${nth}`);
    await leftovers.put(ids, stores.includes('s3'));
    return ids;
  };
  /** Nothing is left where it was looked for; what no step was for is taken away. */
  const verified = async (ids: readonly string[]) => {
    const left = await leftovers.count();
    const expected = {
      s3: stores.includes('s3') ? files : 0,
      chroma: files * CHUNKS_PER_FILE,
      cms: files,
    };
    for (const store of stores) expected[store] = 0;
    for (const store of ['s3', 'chroma', 'cms'] as const) {
      const truth = `${store} holds ${expected[store]} and not ${left[store]}`;
      holds(truth, left[store] === expected[store]);
      if (!stores.includes(store)) await leftovers.bare[store](ids);
    }
  };
  const ours = async () => {
    const ids = await putFiles('ours');
    await failAll(bench, env, ids);
    const actions = JSON.stringify(stores.map((store) => ACTIONS[store]));
    await sql`update auto_correction_tasks set correction_actions = ${actions}::text::jsonb
      where status = 'pending'`;
    const seconds = await correctAll(bench, env, sql, files);
    await verified(ids);
    return (files * stores.length) / seconds;
  };
  const bareLoop = async () => {
    const documentIds = await putFiles('bare');
    let seconds = 0;
    for (const store of stores) seconds += (await bare.ask({ env, store, documentIds })).seconds;
    await verified(documentIds);
    return (files * stores.length) / seconds;
  };
  try {
    const rounds = await alternate(bench.rounds, ours, bareLoop);
    return { rounds, notes: [`${files} files a round`, 'all proven, nothing left'] };
  } finally {
    bare.stop();
    await leftovers.close();
    await sql.end();
  }
}

/** The files fail, as a producer tells it, and their corrections wait for somebody to work on them. */
async function failAll(bench: Bench, env: Record<string, string>, ids: string[]): Promise<void> {
  const api = await bench.start('api/server.js', env);
  const worker = await bench.start('workers/main.js', env, ['--queues=file-events']);
  const sql = postgres(env.DATABASE_URL!, { max: 1, onnotice: () => {} });
  try {
    for (let at = 0; at < ids.length; at += EVENTS_PER_REQUEST) {
      const events = ids.slice(at, at + EVENTS_PER_REQUEST).map(failure);
      const { status } = await fetch(`http://127.0.0.1:${api.port}/api/file-events`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${env.INGESTION_SERVICE_API_KEY}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ events }),
      });
      holds('every failure is accepted', status === 202);
    }
    await countOf(
      ids.length,
      () => sql`
      select count(*) from auto_correction_tasks where status = 'pending'`,
    );
  } finally {
    await sql.end();
    await Promise.all([api.stop(), worker.stop()]);
  }
}

const failure = (file_document_id: string, nth: number) => ({
  action: 'create',
  file_document_id,
  file_name: `${file_document_id}.pdf`,
  storage_key: keyOf(file_document_id),
  company_id: 1,
  bot_id: 1,
  user_email: `person-${nth % PEOPLE}@example.com`,
  processing_stage: 'failed',
  status: 'failed',
  error: { category: 'processing_error', message: 'the parser gave up' },
});

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
    await countOf(
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

/** Waits until the query counts so many; gives up when it has not grown for two minutes. */
async function countOf(wanted: number, count: () => postgres.PendingQuery<postgres.Row[]>) {
  let last = -1;
  let grewAt = Date.now();
  for (;;) {
    const [row] = await count();
    const seen = Number(row?.count);
    if (seen >= wanted) return;
    if (seen > last) grewAt = Date.now();
    holds(
      `${wanted} corrections get on, of which there are ${seen}`,
      Date.now() - grewAt < 120_000,
    );
    last = seen;
    await new Promise((resolve) => setTimeout(resolve, 200));
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

/** @param files failed files on each side of a round */
export const correctionFigures = (files: number): Figure[] => [
  figureOf('s3', ['s3'], 'DeleteObjects, 1,000 keys a request', files),
  figureOf('chroma', ['chroma'], 'delete where document_id in 200 files', files),
  figureOf('cms', ['cms'], 'DELETE by id, 10 at a time', files),
  figureOf('all', ['chroma', 's3', 'cms'], 'the three loops, one after the other', files),
];
