import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Books, close, NOTHING, OWNER, write } from '../../test/support/file-books.ts';
import type { FileEvent } from '../contracts/file-events.ts';
import { fileEvent } from '../contracts/file-events.ts';
import { foldEvents, type InboxEvent } from './fold-events.ts';

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
