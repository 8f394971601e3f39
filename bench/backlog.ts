import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { openDatabase } from '../src/db/client.ts';
import { acceptEvents, newEvent } from '../src/db/queries/inbox.ts';
import { openProducer, type Producer } from '../src/queues/producer.ts';
import { numberedEvent } from './load/bodies.ts';

/** Accepted events that wait to be applied, put there without an API. */
export interface Backlog {
  /** Accepts so many further events, without telling the queue. */
  fill(events: number): Promise<void>;
  /** Tells the queue of all of them. @returns seconds until every one was applied */
  drain(): Promise<number>;
  sql: ReturnType<typeof openDatabase>['sql'];
  producer: Producer;
  queue: Producer['queue'];
  close(): Promise<void>;
}

/** As many events as one group commit takes. */
const CHUNK = 1000;
const POLL_MS = 10;

/** @param prefix of the events' ids, so that two backlogs can share a database */
export function openBacklog(env: Record<string, string>, prefix = 'backlog'): Backlog {
  const db = openDatabase(env.DATABASE_URL!, 4);
  const redis = new Redis(env.REDIS_URL!);
  const producer = openProducer(redis, env.QUEUE_PREFIX!, (_queue, error) => {
    throw error;
  });
  let chunks: { payload: { chunk_id: string } }[] = [];
  let next = 0;
  return {
    sql: db.sql,
    producer,
    queue: (name) => producer.queue(name),
    async fill(events) {
      for (const end = next + events; next < end; next += CHUNK) {
        const chunk_id = randomUUID();
        const numbers = Array.from({ length: Math.min(CHUNK, end - next) }, (_, nth) => next + nth);
        await acceptEvents(
          db.sql,
          chunk_id,
          numbers.map((number) => {
            const event = numberedEvent(prefix, number);
            return newEvent(event, event.event_id);
          }),
        );
        chunks.push({ payload: { chunk_id } });
      }
    },
    async drain() {
      const began = performance.now();
      await producer.raise('file-events', chunks);
      chunks = [];
      while (await unapplied(db.sql)) await pause(POLL_MS);
      return (performance.now() - began) / 1000;
    },
    async close() {
      await producer.close();
      redis.disconnect();
      await db.close();
    },
  };
}

async function unapplied(sql: Backlog['sql']): Promise<boolean> {
  const [row] = await sql<{ some: boolean }[]>`
    select exists (select from file_event_chunks) as some`;
  return row?.some === true;
}
