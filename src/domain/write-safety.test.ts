import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FILE_STATUSES, PROCESSING_STAGES } from '../contracts/file-events.ts';
import { type Standing, writeSafety } from './write-safety.ts';

const standings: fc.Arbitrary<Standing> = fc.record({
  generation: fc.integer({ min: 1, max: 3 }),
  status: fc.constantFrom(...FILE_STATUSES),
  processing_stage: fc.constantFrom(...PROCESSING_STAGES),
  deleted: fc.boolean(),
  events_pending: fc.boolean(),
  restoring: fc.boolean(),
  removing: fc.boolean(),
  given_up: fc.boolean(),
});
const own = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });

it('is safe only for the current generation, while it is under way and nobody else writes', () => {
  fc.assert(
    fc.property(standings, own, (file, asked) => {
      const { safe_to_write, reason } = writeSafety(file, asked);
      expect(safe_to_write).toBe(reason === 'ongoing');
      const finished =
        file.status === 'failed' ||
        (file.status === 'success' && file.processing_stage === 'completed');
      const { events_pending, restoring, removing, deleted, given_up } = file;
      const disturbed = events_pending || restoring || removing || deleted || given_up;
      const current = asked === undefined || asked === file.generation;
      expect(safe_to_write).toBe(current && !finished && !disturbed);
    }),
  );
});

it('an ingester that was overtaken is told so whatever became of the file', () => {
  fc.assert(
    fc.property(standings, (file) => {
      const calm = { ...file, events_pending: false };
      expect(writeSafety(calm, file.generation + 1).reason).toBe('generation_outdated');
    }),
  );
});

const calm: Standing = {
  generation: 2,
  status: 'processing',
  processing_stage: 'storage',
  deleted: false,
  events_pending: false,
  restoring: false,
  removing: false,
  given_up: false,
};

it.each([
  ['ongoing', {}],
  ['ongoing', { status: 'success' }],
  ['restore_running', { restoring: true }],
  ['correction_running', { removing: true, restoring: true }],
  ['generation_succeeded', { status: 'success', processing_stage: 'completed', removing: true }],
  ['generation_succeeded', { status: 'success', processing_stage: 'completed', given_up: true }],
  ['generation_failed', { status: 'failed', removing: true }],
  ['generation_failed', { given_up: true, removing: true }],
  ['generation_failed', { status: 'success', given_up: true }],
  ['deleted', { status: 'failed', deleted: true }],
  ['deleted', { status: 'success', processing_stage: 'completed', deleted: true }],
  ['events_pending', { deleted: true, events_pending: true }],
] as const)('the reason is %s for %o', (reason, change) => {
  expect(writeSafety({ ...calm, ...change })).toEqual({
    safe_to_write: reason === 'ongoing',
    reason,
  });
  expect(writeSafety({ ...calm, ...change }, 2).reason).toBe(reason);
});

it('what is not applied yet comes before everything else, an outdated generation before the rest', () => {
  const file = { ...calm, deleted: true, status: 'failed' as const };
  expect(writeSafety({ ...file, events_pending: true }, 1).reason).toBe('events_pending');
  expect(writeSafety(file, 1).reason).toBe('generation_outdated');
});
