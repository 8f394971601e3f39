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

  it('goes by when events occurred, not by the order in which they were accepted', () => {
    const permuted = fc.uniqueArray(fc.record({ occurredAt: fc.nat(50), payload }), {
      selector: ({ occurredAt }) => occurredAt,
      minLength: 2,
      maxLength: 8,
    });
    const accepted = (list: { occurredAt: number; payload: FileEvent }[]) =>
      list.map((event, nth): InboxEvent => ({ ...event, id: nth + 1 }));
    const happened = (list: InboxEvent[]) => {
      const { events: standings, failures, corrects, ...change } = foldEvents(null, list);
      const at = (id: number) => list.find((event) => event.id === id)?.occurredAt;
      return {
        ...change,
        standings: standings.map(({ eventId, ...standing }) => ({ at: at(eventId), ...standing })),
        failures: failures.map(({ eventId }) => at(eventId)),
        corrects: corrects && at(corrects.eventId),
      };
    };
    fc.assert(
      fc.property(permuted, (list) => {
        const sorted = [...list].sort((a, b) => a.occurredAt - b.occurredAt);
        expect(happened(accepted(list))).toEqual(happened(accepted(sorted)));
        expect(happened(accepted(sorted)).standings.map((standing) => standing.at)).toEqual(
          sorted.map((event) => event.occurredAt),
        );
      }),
    );
  });
});

describe('what a line says', () => {
  const at = (occurredAt: number, more: object): InboxEvent => ({
    id: occurredAt,
    occurredAt,
    payload: fileEvent.parse({ ...OWNER, action: 'update', file_name: 'a.pdf', ...more }),
  });
  const ready = { processing_stage: 'completed', status: 'success' };
  const running = { processing_stage: 'storage', status: 'processing' };
  const broken = { processing_stage: 'failed', status: 'failed' };
  const gone = (occurredAt: number, more: object = {}): InboxEvent => ({
    id: occurredAt,
    occurredAt,
    payload: fileEvent.parse({ ...OWNER, action: 'delete', ...more }),
  });

  it('keeps what earlier events said of the file', () => {
    const { line, storageKey, fileEventId } = foldEvents(null, [
      at(1, { processing_stage: 'download', status: 'pending', storage_key: 'k' }),
      at(2, { ...running, chunks_created: 4, file_size_bytes: 5, file_event_id: 9 }),
      at(3, { ...running, processing_time_seconds: 6 }),
      at(4, { ...ready, file_name: 'b.pdf' }),
    ]);
    expect({ storageKey, fileEventId }).toEqual({ storageKey: 'k', fileEventId: 9 });
    expect(line).toEqual({
      fileName: 'b.pdf',
      fileSizeBytes: 5,
      status: 'success',
      stage: 'completed',
      startedAt: 1,
      endedAt: 4,
      processingSeconds: 6,
      chunks: 4,
      storageKey: 'k',
      errorMessage: null,
      errorCategory: null,
    });
  });

  it('names no end and no reason while the file is not finished', () => {
    const { line, failures } = foldEvents(null, [
      at(1, { ...running, error: { message: 'tried again' } }),
    ]);
    expect(line).toMatchObject({ endedAt: null, errorMessage: null, errorCategory: null });
    expect(line).toMatchObject({ fileSizeBytes: null, processingSeconds: null, chunks: null });
    expect(failures).toEqual([]);
  });

  it('begins anew with a new generation, but for the key of the object', () => {
    const told = { chunks_created: 4, file_size_bytes: 5, processing_time_seconds: 6 };
    const { line, state } = foldEvents(null, [
      at(1, { ...ready, ...told, storage_key: 'k' }),
      at(2, running),
    ]);
    expect(state.generation).toBe(2);
    expect(line).toMatchObject({ startedAt: 2, chunks: null, fileSizeBytes: null });
    expect(line).toMatchObject({ processingSeconds: null, storageKey: 'k' });
  });

  it('of a file that was reported stays as it is when an older event comes late', () => {
    const reported = close(write(NOTHING, [at(5, ready)])).known;
    const change = foldEvents(reported, [at(2, running)]);
    expect(change).toMatchObject({ line: null, lineGain: 0, deletedGain: 0, cancelsBelow: 0 });
    expect(change.events).toEqual([
      { eventId: 2, outcome: 'superseded', in: 'closed', lineId: LINE },
    ]);
  });

  it('late events tell where the object is, unless the file was deleted since', () => {
    const late = at(1, { ...running, storage_key: 'late' });
    expect(foldEvents(null, [late, at(2, ready)]).storageKey).toBe('late');
    const keyAfter = (event: InboxEvent) =>
      foldEvents(write(NOTHING, [event]).known, [late]).storageKey;
    expect(keyAfter(at(2, ready))).toBe('late');
    expect(keyAfter(at(2, { ...ready, storage_key: 'newer' }))).toBe('newer');
    expect(keyAfter(gone(2))).toBe(null);
  });

  it('failures carry what their events say, without secrets', () => {
    const secret = 'password=hunter2';
    const error = {
      message: secret,
      details: { why: secret },
      stack: secret,
      category: 's3_error',
    };
    const { failures, corrects, line } = foldEvents(null, [
      at(1, { ...broken, error, file_event_id: 9 }),
      at(2, { ...broken, error: { message: 'm' } }),
    ]);
    const hidden = 'password=[removed]';
    expect(failures).toEqual([
      {
        eventId: 1,
        generation: 1,
        stage: 'failed',
        category: 's3_error',
        error: { message: hidden, details: { why: hidden }, stack: hidden, category: 's3_error' },
        fileEventId: 9,
      },
      {
        eventId: 2,
        generation: 2,
        stage: 'failed',
        category: 'processing_error',
        error: { message: 'm' },
        fileEventId: null,
      },
    ]);
    expect(corrects).toBe(failures[1]);
    expect(line).toMatchObject({ errorMessage: 'm', errorCategory: 'processing_error' });
  });

  it('corrections are called off by a new generation and by a delete, not by going on', () => {
    const begun = write(NOTHING, [at(1, running)]).known;
    expect(foldEvents(null, [at(1, running)]).cancelsBelow).toBe(0);
    expect(foldEvents(begun, [at(2, ready)]).cancelsBelow).toBe(0);
    const failed = write(NOTHING, [at(1, { ...broken, error: { message: 'm' } })]).known;
    expect(foldEvents(failed, [at(2, running)]).cancelsBelow).toBe(2);
    const last = foldEvents(failed, [gone(2, broken)]);
    expect(last).toMatchObject({ cancelsBelow: 2, corrects: null, line: null });
  });
});
