import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { type GroupCommitOptions, groupCommit, QueueFull, TookTooLong } from './group-commit.ts';

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
function store(
  maxSize: number,
  maxInFlight: number,
  maxWaitingBytes: number,
  restMs = 0,
  times: Pick<GroupCommitOptions<Item, number>, 'slow' | 'patienceMs'> = {},
) {
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
    ...times,
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

const item = (nth: number) => ({ nth, size: 1, refused: false });

it('a lone item leaves at once; what comes meanwhile leaves together when it is back', async () => {
  const { add, departed } = store(100, 1, 100);
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

const fakeTime = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
afterEach(() => {
  vi.useRealTimers();
});

it('beside a group that takes too long others leave, not more than may', async () => {
  fakeTime();
  const { add, departed, most } = store(100, 2, 100, 0, { slow: { afterMs: 1000, most: 3 } });
  const answers = [add(item(0))];
  await turn();
  answers.push(add(item(1)), add(item(2)));
  vi.advanceTimersByTime(999);
  await turn();
  expect(departed.map((group) => group.items.length)).toEqual([1]);
  vi.advanceTimersByTime(1);
  expect(departed.map((group) => group.items.length)).toEqual([1, 2]);
  answers.push(add(item(3)));
  await turn();
  expect(departed).toHaveLength(2); // the second group is expected back soon
  vi.advanceTimersByTime(1000);
  expect(departed).toHaveLength(3);
  answers.push(add(item(4)));
  vi.advanceTimersByTime(10_000);
  await turn();
  expect(departed).toHaveLength(3);
  departed[0]?.end();
  expect(await answers[0]).toBe(0);
  await turn();
  expect(departed).toHaveLength(4);
  for (const group of departed) group.end();
  expect(await Promise.all(answers)).toEqual([0, 10, 20, 30, 40]);
  expect(most()).toBe(3);
});

it('whoever has no answer in time is told so, and what still waits is taken back', async () => {
  fakeTime();
  const { add, departed, committed } = store(100, 1, 3, 0, { patienceMs: 5000 });
  const early = [add(item(0)).catch((error) => error)];
  await turn();
  early.push(add(item(1)).catch((error) => error));
  vi.advanceTimersByTime(3000);
  const late = [add(item(2)), add(item(3))];
  vi.advanceTimersByTime(2000);
  for (const error of await Promise.all(early)) expect(error).toBeInstanceOf(TookTooLong);
  late.push(add(item(4))); // there is room again
  departed[0]?.end();
  for (let nth = 0; nth < 3; nth += 1) await turn();
  departed[1]?.end();
  expect(await Promise.all(late)).toEqual([20, 30, 40]);
  expect(committed).toEqual([0, 2, 3, 4]);
  expect(vi.getTimerCount()).toBe(0);
});

it('no more waits than may; room is made by what leaves', async () => {
  const { add, departed } = store(1, 1, 4);
  const large = { nth: 1, size: 2, refused: false };
  const answers = [add(large)];
  await turn();
  answers.push(add(large), add(large));
  await expect(add(large)).rejects.toBeInstanceOf(QueueFull);
  departed.shift()?.end();
  await answers[0];
  while (departed.length === 0) await turn();
  answers.push(add(large));
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
