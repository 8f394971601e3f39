import { expect, it } from 'vitest';
import type { CorrectionRow } from '../db/queries/corrections.ts';
import type { Deps } from '../deps.ts';
import { type Correction, correctionOf } from './correction.ts';
import { freshGuard } from './fresh-guard.ts';

const corrections = () =>
  [1, 2, 3].map((id) =>
    correctionOf({ id, created_at: new Date(), removal_began_at: null } as CorrectionRow),
  );

const removing = (all: Correction[]) => new Map(all.map((one) => [one.file, one]));

/** @param answer what our own records say, each time they are asked */
function depsOf(answer: () => Promise<object[]>) {
  let asked = 0;
  const sql = () => {
    asked += 1;
    return answer();
  };
  const deps = { db: { sql }, log: { warn: () => {} } } as unknown as Deps;
  return { deps, asked: () => asked };
}

it('asks nobody while the answer is young, and once for all who wait when it is not', async () => {
  const { deps, asked } = depsOf(async () => [{ id: 2, succeeded: true }]);
  const all = corrections();
  const young = freshGuard(deps, removing(all), performance.now());
  expect(await young(all[0]!.file)).toBe(true);
  expect(asked()).toBe(0);
  const old = freshGuard(deps, removing(all), performance.now() - 2000);
  expect(await Promise.all(all.map(({ file }) => old(file)))).toEqual([true, false, true]);
  expect(asked()).toBe(1);
  expect(all[1]).toMatchObject({ touched: false, end: { status: 'cancelled', conflict: false } });
});

it('lets nothing begin while it gets no answer, and costs nobody an attempt', async () => {
  const { deps } = depsOf(() => Promise.reject(new Error('Postgres is away')));
  const all = corrections();
  const guard = freshGuard(deps, removing(all), performance.now() - 2000);
  expect(await Promise.all(all.map(({ file }) => guard(file)))).toEqual([false, false, false]);
  for (const { end } of all) expect(end).toMatchObject({ status: 'pending', countsAttempt: false });
});
