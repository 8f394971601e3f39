import { expect, it } from 'vitest';
import { within } from './figure.ts';
import { alternate, median } from './rounds.ts';
import { broken, lineOf } from './table.ts';

it('both sides are measured as often, neither always first, the first time uncounted', async () => {
  const order: string[] = [];
  let nth = 0;
  const side = (name: string) => async () => {
    order.push(name);
    nth += 1;
    return nth;
  };
  const rounds = await alternate(3, side('ours'), side('bare'));
  expect(order.join(' ')).toBe('bare ours bare ours ours bare bare ours');
  expect(rounds).toEqual([
    { ours: 4, bare: 3 },
    { ours: 5, bare: 6 },
    { ours: 8, bare: 7 },
  ]);
});

it('the ratio is the median of the rounds, and a guard says when it is not kept', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1])).toBe(2.5);
  expect([within(1, { atLeast: 1 }), within(1.1, { atMost: 1 })]).toEqual([true, false]);
  const figure = {
    name: 'one',
    what: '',
    beside: '',
    unit: '',
    target: { atLeast: 0.5 },
    guard: { ratio: { atLeast: 0.45 }, cpuAtMost: 3 },
    measure: () => Promise.reject(new Error('not asked')),
  };
  const rounds = [1, 9, 4].map((ours) => ({ ours, bare: 10 }));
  const line = lineOf(figure, { rounds, cpu: { ours: 4, bare: 1 } });
  expect(line).toMatchObject({ ours: 4, bare: 10, ratio: 0.4, met: false, cpuRatio: 4 });
  expect(broken(figure, line)).toEqual([
    'one: ratio 0.40, not >= 0.45',
    'one: CPU ratio 4.00, not <= 3',
  ]);
  expect(broken({ ...figure, guard: undefined }, line)).toEqual([]);
});
