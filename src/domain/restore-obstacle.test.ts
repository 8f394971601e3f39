import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RestoreFacts, restoreObstacle } from './restore-obstacle.ts';

const facts: fc.Arbitrary<RestoreFacts> = fc.record({
  open: fc.boolean(),
  waiting: fc.boolean(),
  under_way: fc.boolean(),
  deleted: fc.boolean(),
  succeeded: fc.boolean(),
});

test('nothing is put back for nobody, while somebody writes, or against another correction', () => {
  fc.assert(
    fc.property(facts, fc.constantFrom('operator', 'conflict'), (seen, by) => {
      const free = !(seen.open || seen.waiting || seen.under_way || seen.deleted);
      const may = free && (by === 'operator' || seen.succeeded);
      expect(restoreObstacle(seen, by) === null).toBe(may);
    }),
  );
});

test('what is not known yet is waited for; a deleted file is not', () => {
  const none = { open: false, waiting: false, under_way: false, deleted: true, succeeded: false };
  expect(restoreObstacle({ ...none, waiting: true }, 'conflict')?.passes).toBe(true);
  expect(restoreObstacle({ ...none, under_way: true }, 'operator')?.passes).toBe(true);
  expect(restoreObstacle(none, 'operator')?.passes).toBe(false);
});
