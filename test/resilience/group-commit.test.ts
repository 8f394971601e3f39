import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  documentId,
  event,
  failure,
  person,
  type Reply,
  type System,
  startSystem,
} from '../support/system.ts';
import { until } from '../support/until.ts';
import { unaccounted } from './settle.ts';

/** Requests that are committed together are answered apart, and no more wait than can be kept. */

const CROWD = 40;

let system: System;
let ada: string;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.stop());
beforeEach(() => {
  ada = person();
});

const push = (...events: object[]) => system.call('POST', '/api/file-events', { events });
const stored = () =>
  system.deps.db.sql<{ event_id: string; chunk_id: string; file_document_id: string }[]>`
    select event_id, chunk_id, file_document_id from file_events where user_email = ${ada}`;

const waiting = async () => (await system.deps.metrics.intakeWaiting.get()).values[0]!.value;

/** Sends while nothing can be inserted, until every request waits or was turned away. */
async function together(send: () => Promise<Reply>[]): Promise<Reply[]> {
  const { replies } = await system.deps.db.session.begin(async (tx) => {
    await tx`lock table file_events in share row exclusive mode`;
    const replies = send();
    let answered = 0;
    for (const reply of replies) void reply.then(() => (answered += 1));
    await until(
      'every request has arrived',
      async () => (await waiting()) + answered === replies.length,
    );
    return { replies };
  });
  return Promise.all(replies);
}

it('requests that arrive together share a commit, and each is told of its own events', async () => {
  const ids = Array.from({ length: CROWD }, () => [documentId('event'), documentId('event')]);
  const replies = await together(() =>
    ids.map((own) => push(...own.map((event_id) => event(ada, documentId(), { event_id })))),
  );
  for (const [nth, reply] of replies.entries()) {
    expect(reply.status).toBe(202);
    const events = ids[nth]!.map((event_id) => ({ event_id, status: 'accepted' }));
    expect(reply.body.data).toEqual({ accepted: 2, duplicates: 0, events });
  }
  const rows = await stored();
  expect(rows).toHaveLength(2 * CROWD);
  expect(new Set(rows.map((row) => row.chunk_id)).size).toBeLessThan(CROWD / 2);
  const chunkOf = new Map(rows.map((row) => [row.event_id, row.chunk_id]));
  for (const [first, second] of ids) expect(chunkOf.get(first!)).toBe(chunkOf.get(second!));
  await system.applied();
  expect(await unaccounted(system)).toBe(0);
});

it('of requests with the same id the first wins, and the others are told whether they differ', async () => {
  const event_id = documentId('event');
  const same = event(ada, documentId(), { event_id });
  const other = { ...same, file_name: 'other.pdf' };
  const replies = await together(() => [push(same), push(same), push(other), push(same, other)]);
  const statuses = replies.flatMap((reply) => reply.body.data.events);
  expect(statuses).toHaveLength(5);
  expect(statuses.filter(({ status }) => status === 'accepted')).toHaveLength(1);
  const [row] = await system.deps.db.sql<{ payload: object }[]>`
    select payload from file_events where event_id = ${event_id}`;
  const kept = JSON.stringify(row?.payload).includes('other.pdf');
  const differing = statuses.filter(({ differs }) => differs === true);
  expect(differing).toHaveLength(kept ? 3 : 2);
});

it('rows the database refuses fail their own request and no other', async () => {
  const refused = documentId('refused');
  await system.deps.db.sql`
    alter table file_events add constraint refuses check (file_document_id not like 'refused-%')`;
  try {
    const replies = await together(() =>
      Array.from({ length: CROWD }, (_, nth) =>
        push(event(ada, documentId()), event(ada, nth === 7 ? refused : documentId())),
      ),
    );
    const statuses = replies.map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(CROWD - 1);
    expect(statuses[7]).toBe(500);
    const rows = await stored();
    expect(rows).toHaveLength(2 * (CROWD - 1));
    expect(rows.map((row) => row.file_document_id)).not.toContain(refused);
  } finally {
    await system.deps.db.sql`alter table file_events drop constraint refuses`;
  }
});

it('an event that cannot be applied is set aside, and those it was committed with are applied together', async () => {
  const bob = person('bob');
  const poison = documentId('poison');
  const document = documentId();
  const data = { company: 1, bot: 1, user_email: ada, batch_size_threshold: 1 };
  await system.cms.call('POST', '/api/user-notification-preferences', { data });
  await system.deps.db.sql`
    alter table file_processing_status add constraint takes check (file_document_id not like 'poison-%')`;
  try {
    await together(() => {
      const first = push(event(person('first'), documentId()));
      const later = until('the first one waits', async () => (await waiting()) > 0);
      return [
        first,
        later.then(() => push(event(bob, poison), event(bob, documentId()))),
        later.then(() => push(failure(ada, document), event(ada, document))),
      ];
    });
    const chunks = await system.deps.db.sql`
      select distinct chunk_id from file_events where user_email in (${ada}, ${bob})`;
    expect(chunks).toHaveLength(1);
    await system.applied();
  } finally {
    await system.deps.db.sql`alter table file_processing_status drop constraint takes`;
  }
  const aside = await system.deps.db.sql`
    select file_document_id from file_events where dead_lettered_at is not null`;
  expect(aside).toEqual([{ file_document_id: poison }]);
  const [batch, ...others] = (await system.call('GET', `/api/batches?user_email=${ada}`)).body.data;
  expect(others).toEqual([]);
  expect(batch).toMatchObject({ total_files: 1, successful_files: 1, closed_by: 'threshold' });
  expect((await system.call('GET', `/api/batches?user_email=${bob}`)).body.data).toMatchObject([
    { total_files: 1, event_count: 1 },
  ]);
});

it('turns away what cannot wait, with Retry-After, and keeps what it took', async () => {
  const message = 'x'.repeat(4000);
  const large = () =>
    Array.from({ length: 1000 }, () =>
      failure(ada, documentId(), { event_id: documentId('event'), error: { message } }),
    );
  const requests = Array.from({ length: 12 }, large);
  const replies = await together(() => requests.map((events) => push(...events)));
  const taken = requests.filter((_, nth) => replies[nth]!.status === 202);
  const turnedAway = replies.filter(({ status }) => status === 503);
  expect(taken.length + turnedAway.length).toBe(requests.length);
  expect(taken.length).toBeGreaterThan(5);
  expect(turnedAway.length).toBeGreaterThan(0);
  for (const { headers, body } of turnedAway) {
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(body.detail).toContain('Nothing of this request was accepted');
  }
  const ids = taken.flat().map((sent) => (sent as { event_id: string }).event_id);
  expect((await stored()).map((row) => row.event_id).sort()).toEqual(ids.sort());
});
