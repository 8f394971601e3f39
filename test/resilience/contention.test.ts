import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { type Deps, openDeps } from '../../src/deps.ts';
import { applyFileEvents } from '../../src/workers/apply-file-events.ts';
import { jobContext } from '../support/job-context.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { miscounted, unaccounted } from './settle.ts';

/** Eight workers, each with connections of its own, apply the same owners' chunks at the same time. */

const WORKERS = 8;

let system: System;
let workers: Deps[];
beforeAll(async () => {
  system = await startSystem({ workers: false, env: { DATABASE_POOL_SIZE: '4' } });
  workers = Array.from({ length: WORKERS }, () => openDeps(loadConfig(system.env), 'contender'));
});
afterAll(async () => {
  await Promise.all((workers ?? []).map((deps) => deps.close()));
  await system?.stop();
});

/** Accepts the chunks and lets all workers loose on them; each chunk is tried by two workers. */
async function applyAll(chunks: object[][]): Promise<PromiseRejectedResult[]> {
  const { sql } = system.deps.db;
  const ids: string[] = [];
  for (const events of chunks) {
    const { event_id } = (await system.push(...events)).body.data.events[0];
    const [row] = await sql<{ chunk_id: string }[]>`
      select chunk_id from file_events where event_id = ${event_id}`;
    ids.push(row!.chunk_id);
  }
  const waiting = [...ids, ...ids.toReversed()];
  const work = async (deps: Deps) => {
    for (let chunk_id = waiting.pop(); chunk_id; chunk_id = waiting.pop())
      await applyFileEvents(deps, { chunk_id }, jobContext('contended'));
  };
  const results = await Promise.allSettled(workers.map(work));
  return results.filter((result) => result.status === 'rejected');
}

async function booksOf(people: string[]) {
  const [row] = await system.deps.db.sql<Record<string, number>[]>`
    with mine as (
      select * from batch_processing_sessions where user_email = any(${people}::text[])
    )
    select
      (select coalesce(sum(event_count), 0) from mine)::int as events,
      (select coalesce(sum(total_files), 0) from mine)::int as files,
      (select count(*) from mine where status <> 'processing') as closed,
      (select coalesce(max(n), 0) from (select count(*) as n from mine
        where status = 'processing' group by user_email) o) as most_open,
      (select count(*) from email_notification_log where recipient_email = any(${people}::text[]))
        as mails`;
  return row!;
}

describe('eight workers', () => {
  it('on one key: no deadlock, right counts, one open batch, one mail per close', async () => {
    const ada = person();
    const chunks = Array.from({ length: 60 }, (_chunk, nth) => [
      event(ada, documentId()),
      event(ada, documentId(), { processing_stage: 'storage', status: 'processing' }),
      ...(nth % 3 === 0 ? [failure(ada, documentId())] : []),
    ]);
    expect(await applyAll(chunks)).toEqual([]);
    const books = await booksOf([ada]);
    expect(books).toMatchObject({ events: 140, files: 140 });
    expect(books.closed).toBeGreaterThan(5);
    expect(books.most_open).toBeLessThanOrEqual(1);
    expect(books.mails).toBe(books.closed);
    expect(await miscounted(system.deps.db.sql)).toEqual([]);
  });

  it('on a thousand keys that every chunk mixes in another order', async () => {
    const people = Array.from({ length: 1000 }, (_one, nth) => person(`p${nth}`));
    const chunks = Array.from({ length: 10 }, (_chunk, nth) =>
      Array.from({ length: 500 }, (_event, at) => {
        const one = people[(at * (2 * nth + 1) + nth * 37) % people.length]!;
        return at % 4 === 0 ? failure(one, documentId()) : event(one, documentId());
      }),
    );
    expect(await applyAll(chunks)).toEqual([]);
    const books = await booksOf(people);
    expect(books).toMatchObject({ events: 5000, files: 5000 });
    expect(books.most_open).toBe(1);
    expect(books.mails).toBe(books.closed);
    expect(await miscounted(system.deps.db.sql)).toEqual([]);
    expect(await unaccounted(system)).toBe(0);
  });
});
