import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admitTasks,
  type BrakeScope,
  companyOf,
  companyScope,
  filesThatMatter,
  isBraking,
  limitOf,
  type ScopeState,
} from './correction-brake.ts';

const SETTINGS = {
  windowMinutes: 15,
  maxTasks: 100,
  percent: 25,
  minFiles: 20,
  maxTasksTotal: 500,
};

describe('a limit', () => {
  it.each([
    ['company:1', 0, 20],
    ['company:1', 80, 20],
    ['company:1', 200, 50],
    ['company:1', 400, 100],
    ['company:1', 100_000, 100],
    ['unassigned', 0, 100],
    ['global', 0, 500],
  ] as const)('of %s with %d files is %d', (scope, files, limit) => {
    expect(limitOf(scope, SETTINGS, files)).toBe(limit);
  });

  it('is none where it is turned off', () => {
    const off = { ...SETTINGS, maxTasks: 0, percent: 0, maxTasksTotal: 0 };
    for (const scope of ['company:1', 'unassigned', 'global'] as const)
      expect(limitOf(scope, off, 10)).toBe(Infinity);
    expect(limitOf('company:1', { ...SETTINGS, percent: 0 }, 10)).toBe(100);
    expect(limitOf('company:1', { ...SETTINGS, maxTasks: 0 }, 100_000)).toBe(25_000);
  });

  it('does not depend on files beyond those that matter', () => {
    const settings = fc.record({
      windowMinutes: fc.constant(1),
      maxTasks: fc.integer({ min: 1, max: 1000 }),
      percent: fc.integer({ min: 1, max: 100 }),
      minFiles: fc.nat(100),
      maxTasksTotal: fc.nat(10),
    });
    fc.assert(
      fc.property(settings, fc.nat(1_000_000), (given, files) => {
        const counted = Math.min(files, filesThatMatter(given));
        expect(limitOf('company:1', given, counted)).toBe(limitOf('company:1', given, files));
      }),
    );
  });
});

it('counts as few files as tell a limit, and none where no share is asked for', () => {
  expect(filesThatMatter(SETTINGS)).toBe(400);
  expect(filesThatMatter({ ...SETTINGS, maxTasks: 1, percent: 30 })).toBe(4);
  expect(filesThatMatter({ ...SETTINGS, percent: 0 })).toBe(0);
  expect(filesThatMatter({ ...SETTINGS, percent: 1, maxTasks: 0 })).toBe(2 ** 31 - 1);
});

it('a share is rounded down', () => {
  expect(limitOf('company:1', { ...SETTINGS, minFiles: 0 }, 7)).toBe(1);
});

it('brakes as soon as one limit is set', () => {
  const off = { ...SETTINGS, maxTasks: 0, percent: 0, maxTasksTotal: 0 };
  expect(isBraking(off)).toBe(false);
  for (const limit of ['maxTasks', 'percent', 'maxTasksTotal'])
    expect(isBraking({ ...off, [limit]: 1 })).toBe(true);
});

it('a scope is a company’s, that of nobody’s files, or everybody’s', () => {
  expect(companyScope(7)).toBe('company:7');
  expect(companyScope(null)).toBe('unassigned');
  expect((['company:7', 'unassigned', 'global'] as const).map(companyOf)).toEqual([7, null, null]);
});

describe('letting tasks begin', () => {
  const company = fc.option(fc.integer({ min: 1, max: 3 }));
  const task = fc.record({ company_id: company, begun: fc.boolean() });
  const state = fc.record({ engaged: fc.boolean(), begun: fc.nat(6), limit: fc.nat(6) });
  const states = fc.tuple(state, state, state, state, state).map(
    ([a, b, c, d, e]) =>
      new Map<BrakeScope, ScopeState>([
        ['company:1', a],
        ['company:2', b],
        ['company:3', c],
        ['unassigned', d],
        ['global', e],
      ]),
  );

  it('never passes a limit, holds everybody behind a brake, and loses nobody', () => {
    fc.assert(
      fc.property(fc.array(task, { maxLength: 30 }), states, (list, before) => {
        const tasks = list.map((one, id) => ({ ...one, id }));
        const { admitted, held, tripped } = admitTasks(tasks, before);
        expect([...admitted, ...held.map(({ id }) => id)].sort((a, b) => a - b)).toEqual(
          tasks.map(({ id }) => id),
        );
        for (const [scope, { engaged, begun, limit }] of before) {
          const inScope = tasks.filter(
            (one) => scope === 'global' || companyScope(one.company_id) === scope,
          );
          const started = inScope.filter((one) => admitted.includes(one.id));
          const fresh = started.filter((one) => !one.begun).length;
          expect(fresh).toBeLessThanOrEqual(Math.max(0, limit - begun));
          if (engaged) expect(started).toEqual([]);
          const tripsAnew = tripped.includes(scope);
          // Nothing is held for a scope whose brake is neither on nor goes on.
          if (held.some((one) => one.scope === scope)) expect(engaged || tripsAnew).toBe(true);
          if (tripsAnew) expect(begun + fresh).toBeGreaterThanOrEqual(limit);
          expect(tripped.filter((one) => one === scope).length).toBeLessThanOrEqual(
            engaged ? 0 : 1,
          );
        }
      }),
    );
  });

  it('goes on with what was counted before, though the limit is reached', () => {
    const full = { engaged: false, begun: 2, limit: 2 };
    const states = new Map<BrakeScope, ScopeState>([
      ['unassigned', full],
      ['global', full],
    ]);
    const again = [{ id: 1, company_id: null, begun: true }];
    expect(admitTasks(again, states)).toEqual({ admitted: [1], held: [], tripped: [] });
    expect(() => admitTasks(again, new Map())).toThrow('the state of unassigned is not known');
  });

  it('trips at the one too many, and not before', () => {
    const tasks = [1, 2, 3].map((id) => ({ id, company_id: 1, begun: false }));
    const free = { engaged: false, begun: 0, limit: Infinity };
    const limited = (limit: number) =>
      admitTasks(
        tasks,
        new Map<BrakeScope, ScopeState>([
          ['company:1', { ...free, limit }],
          ['global', free],
        ]),
      );
    expect(limited(3)).toEqual({ admitted: [1, 2, 3], held: [], tripped: [] });
    const held = { id: 3, scope: 'company:1' };
    expect(limited(2)).toEqual({ admitted: [1, 2], held: [held], tripped: ['company:1'] });
  });
});
