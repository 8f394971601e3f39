import { setTimeout as pause } from 'node:timers/promises';

/**
 * Group commit: what arrives while a group is being committed is committed together. Nobody waits for
 * company: with no commit under way, what is there leaves at the end of the same turn of the event
 * loop. Beside one that is under way only a full group leaves, because it can grow no further; beside one
 * that takes too long any does, so that nobody's trouble is everybody's. To wait for those just answered,
 * who ask again at once, makes larger groups and is slower: everybody then waits for the commit
 * together, and nothing is parsed meanwhile.
 */

export interface GroupCommitOptions<Item, Result> {
  /** Commits all items or none, and answers for each, in their order. */
  commit(items: Item[]): Promise<Result[]>;
  /** Whether a group failed for the sake of some of its items: then it is tried in halves. */
  separable(error: unknown): boolean;
  /** What an item adds to its group. */
  sizeOf(item: Item): number;
  /** A group holds no more than this, or one item that is larger. */
  maxSize: number;
  /** What an item adds to what waits, in bytes. */
  bytesOf(item: Item): number;
  /** More than this may not wait. */
  maxWaitingBytes: number;
  /** Groups committed at the same time, all but one of them full. */
  maxInFlight: number;
  /**
   * Milliseconds that follow a group of several: so much is going on then that the next one, unless it
   * is full, gains more company by waiting than it loses time. A lone item is followed by none.
   */
  restMs: number;
  /** A group that takes longer than `afterMs` keeps none from leaving, until there are `most` under way. */
  slow?: { afterMs: number; most: number };
  /** Whoever has no answer after so many milliseconds is told so; without it everybody waits. */
  patienceMs?: number;
}

/** Too much waits already; nothing of the item was or will be committed. */
export class QueueFull extends Error {
  override name = 'QueueFull';
}

/**
 * There was no answer in time. What still waited will not be committed; what was under way may be.
 * `code` is that of a connection that does not answer either.
 */
export class TookTooLong extends Error {
  override name = 'TookTooLong';
  readonly code = 'ETIMEDOUT';
}

interface Waiting<Item, Result> {
  item: Item;
  bytes: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * @returns a function that commits one item in a group.
 *   It rejects with `QueueFull` or `TookTooLong`, or with what the commit of this item rejected with.
 */
export function groupCommit<Item, Result>(
  options: GroupCommitOptions<Item, Result>,
): (item: Item) => Promise<Result> {
  type Group = Waiting<Item, Result>[];
  let waiting: Group = [];
  let waitingBytes = 0;
  let waitingSize = 0;
  let inFlight = 0;
  /** Of those, groups that take too long. */
  let slow = 0;
  let leaving = false;

  function leave(): void {
    leaving = false;
    while (mayLeave()) void travel(nextGroup());
  }

  function mayLeave(): boolean {
    if (slow > 0 && inFlight >= options.slow!.most) return false;
    const awaited = inFlight - slow;
    if (awaited === 0) return waiting.length > 0;
    return awaited < options.maxInFlight && waitingSize >= options.maxSize;
  }

  function nextGroup(): Group {
    let [count, size] = [0, 0];
    for (const { item } of waiting) {
      size += options.sizeOf(item);
      if (count > 0 && size > options.maxSize) break;
      count += 1;
    }
    const group = waiting.slice(0, count);
    waiting = waiting.slice(count);
    for (const one of group) discount(one);
    return group;
  }

  function discount({ item, bytes }: Waiting<Item, Result>): void {
    waitingBytes -= bytes;
    waitingSize -= options.sizeOf(item);
  }

  /** @returns stops the watch */
  function watchFor(slowness: GroupCommitOptions<Item, Result>['slow']): () => void {
    if (!slowness) return () => {};
    let isSlow = false;
    const timer = setTimeout(() => {
      isSlow = true;
      slow += 1;
      leave();
    }, slowness.afterMs);
    return () => {
      clearTimeout(timer);
      if (isSlow) slow -= 1;
    };
  }

  async function travel(group: Group): Promise<void> {
    inFlight += 1;
    const isBack = watchFor(options.slow);
    await commit(group);
    isBack();
    if (options.restMs > 0 && group.length > 1) await pause(options.restMs);
    inFlight -= 1;
    leave();
  }

  async function commit(group: Group): Promise<void> {
    try {
      const results = await options.commit(group.map(({ item }) => item));
      for (const [nth, { resolve }] of group.entries()) resolve(results[nth]!);
    } catch (error) {
      if (group.length > 1 && options.separable(error)) {
        const half = Math.ceil(group.length / 2);
        await commit(group.slice(0, half));
        await commit(group.slice(half));
      } else for (const { reject } of group) reject(error);
    }
  }

  function wait(item: Item, bytes: number): Promise<Result> {
    const { patienceMs } = options;
    return new Promise((resolve, reject) => {
      const one: Waiting<Item, Result> = { item, bytes, resolve, reject };
      waiting.push(one);
      if (patienceMs === undefined) return;
      const timer = setTimeout(() => {
        reject(new TookTooLong(`no answer within ${patienceMs} ms`));
        const nth = waiting.indexOf(one);
        if (nth >= 0) waiting.splice(nth, 1).forEach(discount);
      }, patienceMs);
      one.resolve = (answer) => {
        clearTimeout(timer);
        resolve(answer);
      };
      one.reject = (error) => {
        clearTimeout(timer);
        reject(error);
      };
    });
  }

  return (item) => {
    const bytes = options.bytesOf(item);
    if (waiting.length > 0 && waitingBytes + bytes > options.maxWaitingBytes)
      return Promise.reject(new QueueFull());
    const result = wait(item, bytes);
    waitingBytes += bytes;
    waitingSize += options.sizeOf(item);
    if (!leaving && mayLeave()) {
      leaving = true;
      setImmediate(leave);
    }
    return result;
  };
}
