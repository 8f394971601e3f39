import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileEvent } from '../contracts/file-events.ts';
import { fileEvent } from '../contracts/file-events.ts';
import { foldEvents, type InboxEvent, type KnownFile } from './fold-events.ts';

const OWNER = { file_document_id: 'd', company_id: 1, bot_id: 1, user_email: 'a@example.com' };
const LINE = 7;

const payload: fc.Arbitrary<FileEvent> = fc
  .constantFrom(
    { action: 'create', processing_stage: 'download', status: 'pending' },
    { action: 'update', processing_stage: 'storage', status: 'processing' },
    { action: 'update', processing_stage: 'storage', status: 'success', chunks_created: 3 },
    { action: 'update', processing_stage: 'completed', status: 'success', storage_key: 'k' },
    { action: 'update', processing_stage: 'failed', status: 'failed', error: { message: 'm' } },
    { action: 'delete' },
  )
  .map((more) => fileEvent.parse({ ...OWNER, file_name: 'a.pdf', ...more }));

const events = fc
  .array(fc.record({ occurredAt: fc.integer({ min: 1, max: 8 }), payload }), {
    minLength: 1,
    maxLength: 10,
  })
  .map((list) => list.map((event, index): InboxEvent => ({ ...event, id: index + 1 })));

/** What the tables hold after a change: the books of one file and the event counts of its lines. */
interface Books {
  known: KnownFile | null;
  deleted: number;
  closed: number;
}

/** Writes a change as the statements do. `open` lines may be closed in between by `close`. */
function write({ known, deleted, closed }: Books, list: InboxEvent[]): Books {
  const change = foldEvents(known, list);
  const kept = known?.line && !change.removesLine ? known.line : null;
  const before = kept?.open ? kept.eventCount : 0;
  const line = change.line
    ? { id: LINE, open: true, eventCount: before + change.lineGain, content: change.line }
    : change.state.deleted
      ? null
      : kept;
  return {
    known: { state: change.state, storageKey: change.storageKey, line },
    deleted: deleted + change.deletedGain,
    closed: closed + change.events.filter((standing) => standing.in === 'closed').length,
  };
}

function close({ known, deleted, closed }: Books): Books {
  if (!known?.line?.open) return { known, deleted, closed };
  const line = { ...known.line, open: false };
  return { known: { ...known, line }, deleted, closed: closed + line.eventCount };
}

const NOTHING: Books = { known: null, deleted: 0, closed: 0 };
const openEvents = ({ known }: Books) => (known?.line?.open ? known.line.eventCount : 0);
const byTime = (a: InboxEvent, b: InboxEvent) => a.occurredAt - b.occurredAt || a.id - b.id;

describe('the books of a file', () => {
  it('hold every event exactly once, whatever happens in whatever chunks', () => {
    const chunks = fc.array(fc.tuple(events, fc.boolean()), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(chunks, (list) => {
        let books = NOTHING;
        let sent = 0;
        for (const [chunk, closes] of list) {
          books = write(books, chunk);
          sent += chunk.length;
          expect(openEvents(books) + books.closed + books.deleted).toBe(sent);
          if (closes) books = close(books);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('are those of one event at a time', () => {
    fc.assert(
      fc.property(events, events, fc.boolean(), (earlier, chunk, closes) => {
        const before = closes ? close(write(NOTHING, earlier)) : write(NOTHING, earlier);
        const together = write(before, chunk);
        const ordered = foldEvents(null, chunk).events.map(({ eventId }) => eventId);
        const single = ordered.map((id) => chunk.find((event) => event.id === id)!);
        const apart = single.reduce((books, event) => write(books, [event]), before);
        expect(apart).toEqual(together);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a fold', () => {
  it('does not depend on the order in which events arrived', () => {
    const shuffled = events.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, arrived]) => {
        expect(foldEvents(null, arrived)).toEqual(foldEvents(null, list));
      }),
    );
  });

  it('asks for a correction exactly when the file ends up failed', () => {
    fc.assert(
      fc.property(events, (list) => {
        const { state, corrects } = foldEvents(null, list);
        expect(corrects !== null).toBe(!state.deleted && state.status === 'failed');
        expect(corrects?.generation ?? state.generation).toBe(state.generation);
      }),
    );
  });

  it('calls off older corrections for a newer beginning and for a delete', () => {
    fc.assert(
      fc.property(events, events, (earlier, later) => {
        const before = write(NOTHING, earlier).known!;
        const start = before.state.occurredAt;
        const newer = later.map((event) => ({ ...event, occurredAt: event.occurredAt + start }));
        const change = foldEvents(before, newer);
        const last = [...newer].sort(byTime).at(-1)!;
        if (change.state.deleted) expect(change.cancelsBelow).toBe(change.state.generation + 1);
        else if (before.state.generation < change.state.generation)
          expect(change.cancelsBelow).toBeGreaterThan(before.state.generation);
        expect(change.state.occurredAt).toBe(last.occurredAt);
      }),
    );
  });

  it('keeps what earlier events said of the file', () => {
    const at = (occurredAt: number, more: object): InboxEvent => ({
      id: occurredAt,
      occurredAt,
      payload: fileEvent.parse({ ...OWNER, action: 'update', file_name: 'a.pdf', ...more }),
    });
    const { line, storageKey } = foldEvents(null, [
      at(1, { processing_stage: 'download', status: 'pending', storage_key: 'k' }),
      at(2, { processing_stage: 'storage', status: 'processing', chunks_created: 4 }),
      at(3, { processing_stage: 'completed', status: 'success', file_name: 'b.pdf' }),
    ]);
    expect(storageKey).toBe('k');
    expect(line).toMatchObject({ fileName: 'b.pdf', chunks: 4, startedAt: 1, endedAt: 3 });
  });
});
