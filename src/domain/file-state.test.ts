import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROCESSING_STAGES } from '../contracts/file-events.ts';
import {
  compareHappenings,
  type FileState,
  type Happening,
  isFinished,
  lineStatus,
  moveFile,
} from './file-state.ts';

/** Happenings as the contract allows them; few instants, so that many coincide. */
const happening: fc.Arbitrary<Happening> = fc
  .record({
    action: fc.constantFrom('create' as const, 'update' as const, 'update' as const),
    occurredAt: fc.integer({ min: 1, max: 6 }),
    stage: fc.constantFrom(...PROCESSING_STAGES),
    status: fc.constantFrom(
      'pending' as const,
      'processing' as const,
      'success' as const,
      'failed' as const,
    ),
  })
  .map((at) => ({
    ...at,
    status:
      at.stage === 'completed'
        ? ('success' as const)
        : at.stage === 'failed'
          ? 'failed'
          : at.status,
  }));
const deletion = fc.integer({ min: 1, max: 6 }).map(
  (occurredAt): Happening => ({
    action: 'delete',
    occurredAt,
    stage: 'download',
    status: 'pending',
  }),
);
const happenings = fc.array(fc.oneof({ weight: 5, arbitrary: happening }, deletion), {
  minLength: 1,
  maxLength: 12,
});

const apply = (events: Happening[]) =>
  events.reduce<FileState | null>((state, event) => {
    const move = moveFile(state, event);
    return move.kind === 'superseded' ? state : move.state;
  }, null);

/** What people are told of; ways to fail at one instant do not differ in it. */
const told = (state: FileState | null) =>
  state && {
    at: state.occurredAt,
    deleted: state.deleted,
    line: state.deleted ? null : lineStatus(state),
  };

describe('a file', () => {
  it('ends where its newest event puts it, in whatever order events arrive', () => {
    const shuffled = happenings.chain((events) =>
      fc.tuple(
        fc.constant(events),
        fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([events, arrived]) => {
        const sorted = [...events].sort(compareHappenings);
        expect(told(apply(arrived))).toEqual(told(apply(sorted)));
        expect(apply(arrived)?.occurredAt).toBe(sorted.at(-1)?.occurredAt);
      }),
      { numRuns: 1000 },
    );
  });

  it('never moves backwards', () => {
    fc.assert(
      fc.property(happenings, (events) => {
        let state: FileState | null = null;
        for (const event of events) {
          const move = moveFile(state, event);
          if (move.kind === 'superseded') continue;
          if (state) {
            expect(move.state.occurredAt).toBeGreaterThanOrEqual(state.occurredAt);
            expect(move.state.generation).toBeGreaterThanOrEqual(state.generation);
          }
          state = move.state;
        }
      }),
    );
  });

  it('takes no event twice', () => {
    fc.assert(
      fc.property(happenings, happening, (events, last) => {
        const before = apply([...events, last]);
        expect(moveFile(before, last).kind).toBe('superseded');
      }),
    );
  });

  it('starts a new generation with whatever is newer than its end', () => {
    fc.assert(
      fc.property(happening, happening, (first, second) => {
        const later = { ...second, occurredAt: first.occurredAt + 1 };
        expect(apply([first, later])?.generation).toBe(isFinished(first) ? 2 : 1);
      }),
    );
  });

  it('comes back after a delete as a new generation', () => {
    const at = { stage: 'completed', status: 'success' } as const;
    const events: Happening[] = [
      { ...at, action: 'create', occurredAt: 1 },
      { action: 'delete', occurredAt: 2, stage: 'download', status: 'pending' },
    ];
    expect(apply(events)).toMatchObject({ deleted: true, generation: 1 });
    const back: Happening = { ...at, action: 'create', occurredAt: 3 };
    expect(apply([...events, back])).toMatchObject({ deleted: false, generation: 2 });
  });

  it('is a success when success and failure fall on one instant', () => {
    const failed: Happening = {
      action: 'create',
      occurredAt: 1,
      stage: 'failed',
      status: 'failed',
    };
    const ready: Happening = { ...failed, stage: 'completed', status: 'success' };
    for (const events of [
      [failed, ready],
      [ready, failed],
    ])
      expect(apply(events)?.status).toBe('success');
  });
});

it('says processing of a stage that succeeded short of the last', () => {
  expect(lineStatus({ stage: 'storage', status: 'success' })).toBe('processing');
  expect(lineStatus({ stage: 'completed', status: 'success' })).toBe('success');
  expect(lineStatus({ stage: 'processing', status: 'pending' })).toBe('pending');
  expect(lineStatus({ stage: 'processing', status: 'failed' })).toBe('failed');
});

it('is finished by a failure of any stage and by the success of the last', () => {
  for (const stage of PROCESSING_STAGES) {
    expect(isFinished({ stage, status: 'failed' })).toBe(true);
    expect(isFinished({ stage, status: 'success' })).toBe(stage === 'completed');
    expect(isFinished({ stage, status: 'processing' })).toBe(false);
    expect(isFinished({ stage, status: 'pending' })).toBe(false);
  }
});

describe('at one instant', () => {
  const at = (stage: Happening['stage'], status: Happening['status']): Happening => ({
    action: 'update',
    occurredAt: 1,
    stage,
    status,
  });
  const inOrder: Happening[] = [
    at('storage', 'pending'),
    at('download', 'processing'),
    at('download', 'success'),
    at('processing', 'processing'),
    at('processing', 'success'),
    at('storage', 'processing'),
    at('storage', 'success'),
    at('download', 'failed'),
    at('completed', 'success'),
    { ...at('download', 'pending'), action: 'delete' },
  ];
  const pairs = inOrder.flatMap((later, nth) =>
    inOrder.slice(0, nth).map((earlier) => [earlier, later] as const),
  );

  it('pending counts first, then each stage, its start before its end, then failed, success and delete', () => {
    for (const [earlier, later] of pairs) {
      expect(compareHappenings(earlier, later)).toBeLessThan(0);
      expect(compareHappenings(later, earlier)).toBeGreaterThan(0);
      expect(moveFile(apply([earlier]), later).kind).not.toBe('superseded');
      expect(moveFile(apply([later]), earlier).kind).toBe('superseded');
    }
  });

  it('all stages that are pending, and all that failed, count the same', () => {
    for (const status of ['pending', 'failed'] as const)
      for (const stage of ['download', 'processing', 'storage'] as const)
        expect(compareHappenings(at('download', status), at(stage, status))).toBe(0);
  });
});

it('what occurred later counts later, whatever it is', () => {
  fc.assert(
    fc.property(happening, happening, (first, second) => {
      const later = { ...second, occurredAt: first.occurredAt + 1 };
      expect(compareHappenings(first, later)).toBeLessThan(0);
      expect(compareHappenings(later, first)).toBeGreaterThan(0);
      expect(moveFile(apply([later]), first).kind).toBe('superseded');
    }),
  );
});

it('a delete of a file that nothing is known of is its first generation', () => {
  const gone: Happening = { action: 'delete', occurredAt: 1, stage: 'download', status: 'pending' };
  expect(apply([gone])).toMatchObject({ deleted: true, generation: 1 });
});
