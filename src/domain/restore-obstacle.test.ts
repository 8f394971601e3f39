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

test('what no waiting changes is refused at once, with the first reason there is', () => {
  const free = {
    open: false,
    waiting: false,
    under_way: false,
    deleted: false,
    succeeded: false,
  };
  const said = (seen: Partial<RestoreFacts>, by: 'operator' | 'conflict' = 'operator') =>
    restoreObstacle({ ...free, ...seen }, by);
  const refused = (reason: string) => ({ passes: false, reason });
  expect(said({ open: true, waiting: true })).toEqual(
    refused('another correction of the file is open'),
  );
  expect(said({ deleted: true }, 'conflict')).toEqual(refused('the file was deleted'));
  expect(said({}, 'conflict')).toEqual(refused('the file has not succeeded after all'));
});
