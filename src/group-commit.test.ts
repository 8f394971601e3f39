import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { groupCommit, QueueFull } from './group-commit.ts';

const REST_MS = 30;
/** Rests under way; they end when the test says so, however slow the machine is. */
const rests = vi.hoisted(() => [] as (() => void)[]);
vi.mock('node:timers/promises', async (original) => ({
  ...(await original<typeof import('node:timers/promises')>()),
  setTimeout: (ms: number) => {
    expect(ms).toBe(REST_MS);
    return new Promise<void>((end) => rests.push(end));
  },
}));

interface Item {
  nth: number;
  size: number;
  refused: boolean;
}

class Refusal extends Error {}

/** A store that commits when it is told to, and refuses a group for one of its items. */
function store(maxSize: number, maxInFlight: number, maxWaitingBytes: number, restMs = 0) {
  const departed: { items: Item[]; end(): void }[] = [];
  const committed: number[] = [];
  let underWay = 0;
  let most = 0;
  const add = groupCommit<Item, number>({
    commit: async (items) => {
      most = Math.max(most, ++underWay);
      await new Promise<void>((end) => departed.push({ items, end }));
      underWay -= 1;
      if (items.some(({ refused }) => refused)) throw new Refusal();
      committed.push(...items.map(({ nth }) => nth));
      return items.map(({ nth }) => nth * 10);
    },
    separable: (error) => error instanceof Refusal,
    sizeOf: ({ size }) => size,
    maxSize,
    bytesOf: ({ size }) => size,
    maxWaitingBytes,
    maxInFlight,
    restMs,
  });
  return { add, departed, committed, most: () => most };
}

const items = fc
  .array(fc.record({ size: fc.integer({ min: 1, max: 6 }), refused: fc.nat(9) }), { minLength: 1 })
  .map((all) => all.map(({ size, refused }, nth) => ({ nth, size, refused: refused === 0 })));

it('every item is answered for itself, whatever becomes of its neighbours', async () => {
  const bounds = [fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 3 })] as const;
  await fc.assert(
    fc.asyncProperty(items, ...bounds, fc.array(fc.nat(3)), async (all, maxSize, lanes, pauses) => {
      const { add, departed, committed, most } = store(maxSize, lanes, Number.POSITIVE_INFINITY);
      const answers: Promise<number | string>[] = [];
      for (const item of all) {
        answers.push(add(item).catch((error: Error) => error.constructor.name));
        if (pauses[item.nth]) await turn();
        if (pauses[item.nth] === 2) departed.shift()?.end();
      }
      const settled = Promise.all(answers);
      let over = false;
      void settled.then(() => {
        over = true;
      });
      while (!over) {
        const group = departed.shift();
        const size = group?.items.reduce((sum, item) => sum + item.size, 0) ?? 0;
        expect(group && group.items.length > 1 ? size : 0).toBeLessThanOrEqual(maxSize);
        group?.end();
        await turn();
      }
      expect(await settled).toEqual(all.map((i) => (i.refused ? 'Refusal' : i.nth * 10)));
      const wanted = all.filter((i) => !i.refused).map((i) => i.nth);
      expect([...committed].sort((a, b) => a - b)).toEqual(wanted);
      expect(most()).toBeLessThanOrEqual(lanes);
    }),
  );
});

it('a lone item leaves at once; what comes meanwhile leaves together when it is back', async () => {
  const { add, departed } = store(100, 1, 100);
  const item = (nth: number) => ({ nth, size: 1, refused: false });
  const answers = [add(item(0))];
  await turn();
  expect(departed).toHaveLength(1);
  answers.push(add(item(1)), add(item(2)));
  await turn();
  expect(departed).toHaveLength(1);
  departed.shift()?.end();
  await answers[0];
  await turn();
  expect(departed.map((group) => group.items.length)).toEqual([2]);
  departed.shift()?.end();
  expect(await Promise.all(answers)).toEqual([0, 10, 20]);
});

it('after a group of several the next waits for company, unless it is full', async () => {
  const { add, departed } = store(3, 2, 100, REST_MS);
  const item = (nth: number) => ({ nth, size: 1, refused: false });
  const answers = [add(item(0))];
  await turn();
  answers.push(add(item(1)), add(item(2)));
  departed.shift()?.end();
  await answers[0];
  for (let nth = 0; nth < 3; nth += 1) await turn();
  expect(departed.map((group) => group.items.length)).toEqual([2]); // no rest follows a lone item
  departed.shift()?.end();
  await answers[1];
  answers.push(add(item(3)));
  await turn();
  expect([departed, rests.length]).toEqual([[], 1]);
  answers.push(add(item(4)));
  await turn();
  expect(departed).toEqual([]);
  rests.shift()?.();
  await turn();
  expect(departed[0]?.items.map(({ nth }) => nth)).toEqual([3, 4]);
  departed.shift()?.end();
  await answers[3];
  answers.push(add(item(5)), add(item(6)), add(item(7)));
  await turn();
  expect(departed.map((group) => group.items.length)).toEqual([3]); // full: it can gain no more
  departed.shift()?.end();
  expect(await Promise.all(answers)).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
});

it('no more waits than may; room is made by what leaves', async () => {
  const { add, departed } = store(1, 1, 4);
  const item = { nth: 1, size: 2, refused: false };
  const answers = [add(item)];
  await turn();
  answers.push(add(item), add(item));
  await expect(add(item)).rejects.toBeInstanceOf(QueueFull);
  departed.shift()?.end();
  await answers[0];
  while (departed.length === 0) await turn();
  answers.push(add(item));
  for (const answer of answers.slice(1)) {
    departed.shift()?.end();
    await answer;
    await turn();
  }
});

it('an error that is nobody’s fault is everybody’s answer, without another try', async () => {
  let tries = 0;
  const add = groupCommit<number, number>({
    commit: async () => {
      tries += 1;
      throw new Error('the connection is gone');
    },
    separable: () => false,
    sizeOf: () => 1,
    maxSize: 10,
    bytesOf: () => 1,
    maxWaitingBytes: 10,
    maxInFlight: 1,
    restMs: 0,
  });
  const answers = await Promise.allSettled([add(1), add(2), add(3)]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(tries).toBe(1);
});
