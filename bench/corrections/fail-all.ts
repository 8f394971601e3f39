import postgres from 'postgres';
import type { Bench } from '../bench.ts';
import { holds } from '../figure.ts';
import { keyOf } from './leftovers.ts';

/** Failed files as a producer tells of them, through the API and the worker that applies events. */

export const FILES_PER_BOT = 100;
const EVENTS_PER_REQUEST = 1000;
/** Different people, so that no batch grows out of all proportion. */
const PEOPLE = 500;
/** A machine that is busy is waited for, one that stands still is not. */
const PATIENCE_MS = 120_000;

/** A producer, and the processes of Tidings that listen to it. */
export interface FailingProducer {
  /** The files fail, and their corrections wait to be called for. */
  failAll(ids: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startFailing(
  bench: Bench,
  env: Record<string, string>,
): Promise<FailingProducer> {
  const api = await bench.start('api/server.js', env);
  const worker = await bench.start('workers/main.js', env, ['--queues=file-events']);
  const sql = postgres(env.DATABASE_URL!, { max: 1, onnotice: () => {} });
  const send = async (ids: readonly string[], at: number) => {
    const events = ids.slice(at, at + EVENTS_PER_REQUEST).map((id, nth) => failure(id, at + nth));
    const { status } = await fetch(`http://127.0.0.1:${api.port}/api/file-events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${env.INGESTION_SERVICE_API_KEY}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ events }),
    });
    holds('every failure is accepted', status === 202);
  };
  return {
    async failAll(ids) {
      for (let at = 0; at < ids.length; at += EVENTS_PER_REQUEST) await send(ids, at);
      await untilCounted(
        ids.length,
        () => sql`select count(*) from auto_correction_tasks where status = 'pending'`,
      );
    },
    async stop() {
      await sql.end();
      await Promise.all([api.stop(), worker.stop()]);
    },
  };
}

const failure = (file_document_id: string, nth: number) => ({
  action: 'create',
  file_document_id,
  file_name: `${file_document_id}.pdf`,
  storage_key: keyOf(file_document_id),
  company_id: 1,
  bot_id: 1 + Math.floor(nth / FILES_PER_BOT),
  user_email: `person-${nth % PEOPLE}@example.com`,
  processing_stage: 'failed',
  status: 'failed',
  error: { category: 'processing_error', message: 'the parser gave up' },
});

/** Waits until the query counts so many; gives up when it has not grown for two minutes. */
export async function untilCounted(
  wanted: number,
  count: () => postgres.PendingQuery<postgres.Row[]>,
): Promise<void> {
  let last = -1;
  let grewAt = Date.now();
  for (;;) {
    const [row] = await count();
    const seen = Number(row?.count);
    if (seen >= wanted) return;
    if (seen > last) grewAt = Date.now();
    holds(
      `${wanted} corrections get on, of which there are ${seen}`,
      Date.now() - grewAt < PATIENCE_MS,
    );
    last = seen;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
