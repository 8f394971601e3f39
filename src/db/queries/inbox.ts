import { isDeepStrictEqual } from 'node:util';
import type { FileEvent } from '../../contracts/file-events.ts';
import type { PreferenceOwner } from '../../contracts/preferences.ts';
import type { InboxEvent } from '../../domain/fold-events.ts';
import type { Queryable, Transaction } from '../client.ts';
import type { BatchRow } from './batches.ts';

/** An event that is about to be accepted. `event_id` is always set, by the producer or by us. */
export interface NewEvent {
  event_id: string;
  /** Null where the producer did not say: then the database's clock does, the same for all hosts. */
  occurred_at: string | null;
  payload: FileEvent;
  /** The payload as it is stored. */
  json: string;
}

/** An event to accept under the given id. */
export function newEvent(payload: FileEvent, eventId: string): NewEvent {
  const occurred_at = payload.occurred_at ? new Date(payload.occurred_at).toISOString() : null;
  return { event_id: eventId, occurred_at, payload, json: JSON.stringify(payload) };
}

export interface Acceptance {
  event_id: string;
  status: 'accepted' | 'duplicate';
  /** The same id was accepted earlier with other content, which stays as it was. */
  differs?: true;
}

/**
 * Stores events in the inbox in one statement; events whose id is known change nothing (promise 3).
 * @returns one acceptance per event, in the order given
 */
export async function acceptEvents(
  db: Queryable,
  chunkId: string,
  events: NewEvent[],
): Promise<Acceptance[]> {
  const first = new Map<string, NewEvent>();
  for (const event of events) if (!first.has(event.event_id)) first.set(event.event_id, event);
  // Sorted, so that two requests with the same ids wait for each other instead of deadlocking.
  const rows = [...first.values()].sort((a, b) => (a.event_id < b.event_id ? -1 : 1));
  // One document: as elements of a Postgres array every quote in them would have to be escaped.
  const payloads = `[${rows.map((row) => row.json).join(',')}]`;
  const inserted = await db<{ event_id: string }[]>`
    insert into file_events
      (event_id, chunk_id, occurred_at, action, file_document_id, company_id, bot_id, user_email, payload)
    select e.event_id, ${chunkId}::uuid, coalesce(e.occurred_at, date_trunc('milliseconds', now())), e.payload->>'action',
           e.payload->>'file_document_id', (e.payload->>'company_id')::int,
           (e.payload->>'bot_id')::int, e.payload->>'user_email', e.payload
    from rows from (
      unnest(${rows.map((row) => row.event_id)}::text[], ${rows.map((row) => row.occurred_at)}::timestamptz[]),
      jsonb_array_elements(${payloads}::text::jsonb)
    ) as e(event_id, occurred_at, payload)
    order by e.event_id
    on conflict (event_id) do nothing
    returning event_id`;
  const accepted = new Set(inserted.map((row) => row.event_id));
  const known = await storedPayloads(
    db,
    events.map((event) => event.event_id).filter((id) => !accepted.has(id)),
  );
  return events.map((event) => {
    const original = first.get(event.event_id);
    if (accepted.has(event.event_id) && original === event)
      return { event_id: event.event_id, status: 'accepted' };
    const before = known.get(event.event_id) ?? original?.payload;
    const differs = !isDeepStrictEqual(before, JSON.parse(event.json));
    return { event_id: event.event_id, status: 'duplicate', ...(differs && { differs: true }) };
  });
}

async function storedPayloads(db: Queryable, ids: string[]): Promise<Map<string, FileEvent>> {
  if (ids.length === 0) return new Map();
  const rows = await db<{ event_id: string; payload: FileEvent }[]>`
    select event_id, payload from file_events where event_id = any(${ids}::text[])`;
  return new Map(rows.map((row) => [row.event_id, row.payload]));
}

export interface InboxRow extends InboxEvent {
  file_document_id: string;
  company_id: number;
  bot_id: number;
  user_email: string;
}

/** Locks a chunk and returns its events that are still to be applied, in the order of their ids. */
export async function lockUnapplied(tx: Transaction, chunkId: string): Promise<InboxRow[]> {
  return inboxRows(tx, chunkId, tx``);
}

/** The same, but the events of one of its owners only. */
export async function lockUnappliedOf(
  tx: Transaction,
  chunkId: string,
  { company_id, bot_id, user_email }: PreferenceOwner,
): Promise<InboxRow[]> {
  return inboxRows(
    tx,
    chunkId,
    tx`and company_id = ${company_id} and bot_id = ${bot_id} and user_email = ${user_email}`,
  );
}

/** The same, but one of its events only. */
export async function lockUnappliedEvent(
  tx: Transaction,
  chunkId: string,
  eventId: number,
): Promise<InboxRow[]> {
  return inboxRows(tx, chunkId, tx`and id = ${eventId}`);
}

/** A chunk without a row has nothing left to apply: somebody else has just done it. */
async function inboxRows(
  tx: Transaction,
  chunkId: string,
  which: ReturnType<Transaction>,
): Promise<InboxRow[]> {
  // A statement of its own: what waits for the lock must see the events as they are after it.
  const [chunk, rows] = await Promise.all([
    tx`select from file_event_chunks where chunk_id = ${chunkId}::uuid for update`,
    tx<(Omit<InboxRow, 'occurredAt'> & { occurred_at: Date })[]>`
      select id, occurred_at, payload, file_document_id, company_id, bot_id, user_email
      from file_events
      where chunk_id = ${chunkId}::uuid and applied_at is null and dead_lettered_at is null ${which}
      order by id`,
  ]);
  if (chunk.length === 0) return [];
  return rows.map((row) => ({
    id: row.id,
    occurredAt: row.occurred_at.getTime(),
    payload: row.payload,
    file_document_id: row.file_document_id,
    company_id: row.company_id,
    bot_id: row.bot_id,
    user_email: row.user_email,
  }));
}

/** An owner, and their open batch where they have one. */
export interface ChunkOwner extends PreferenceOwner {
  open: BatchRow | null;
}

/**
 * The owners of a chunk's unapplied events, each once. Their open batches are looked up one by one:
 * joined, the planner may read everything that is open, as long as it has not seen the table grow.
 */
export async function ownersOfChunk(db: Queryable, chunkId: string): Promise<ChunkOwner[]> {
  const rows = await db<(PreferenceOwner & Partial<BatchRow>)[]>`
    select b.*, o.* from (
      select distinct company_id, bot_id, user_email from file_events
      where chunk_id = ${chunkId}::uuid and applied_at is null and dead_lettered_at is null
    ) o
    left join lateral (
      select * from batch_processing_sessions s
      where s.company_id = o.company_id and s.bot_id = o.bot_id and s.user_email = o.user_email
        and s.status = 'processing'
      limit 1
    ) b on true`;
  return rows.map((row) => {
    const { company_id, bot_id, user_email } = row;
    return { company_id, bot_id, user_email, open: row.batch_id ? (row as BatchRow) : null };
  });
}

/** Forgets the chunk where none of its events is left to apply. */
export async function settleChunk(db: Queryable, chunkId: string): Promise<void> {
  await db`
    delete from file_event_chunks c where chunk_id = ${chunkId}::uuid and not exists (
      select from file_events e where e.chunk_id = c.chunk_id
        and e.applied_at is null and e.dead_lettered_at is null)`;
}

/** Sets an event aside that cannot be applied, with the reason (promise 7). */
export async function deadLetterEvent(db: Queryable, eventId: number, reason: string) {
  await db`
    update file_events set dead_lettered_at = now(), dead_letter_reason = ${reason}
    where id = ${eventId} and applied_at is null`;
}

/** Chunks with events that were accepted before `before` and are still to be applied. */
export function overdueChunks(db: Queryable, before: Date) {
  return db<{ chunk_id: string }[]>`
    select chunk_id from file_event_chunks where received_at < ${before} order by received_at`;
}
