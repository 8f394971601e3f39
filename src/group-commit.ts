import { setTimeout as pause } from 'node:timers/promises';

/**
 * Group commit: what arrives while a group is being committed is committed together. Nobody waits for
 * company: with no commit under way, what is there leaves at the end of the same turn of the event
 * loop. Beside one that is under way only a full group leaves, because it can grow no further. To wait for
 * those just answered, who ask again at once, makes larger groups and is slower: everybody then waits
 * for the commit together, and nothing is parsed meanwhile.
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
}

/** Too much waits already; nothing of the item was or will be committed. */
export class QueueFull extends Error {
  override name = 'QueueFull';
}

interface Waiting<Item, Result> {
  item: Item;
  bytes: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * @returns a function that commits one item in a group.
 *   It rejects with `QueueFull`, or with what the commit of this item rejected with.
 */
export function groupCommit<Item, Result>(
  options: GroupCommitOptions<Item, Result>,
): (item: Item) => Promise<Result> {
  type Group = Waiting<Item, Result>[];
  let waiting: Group = [];
  let waitingBytes = 0;
  let waitingSize = 0;
  let inFlight = 0;
  let leaving = false;

  function leave(): void {
    leaving = false;
    while (mayLeave()) void travel(nextGroup());
  }

  function mayLeave(): boolean {
    if (inFlight === 0) return waiting.length > 0;
    return inFlight < options.maxInFlight && waitingSize >= options.maxSize;
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
    for (const { item, bytes } of group) {
      waitingBytes -= bytes;
      waitingSize -= options.sizeOf(item);
    }
    return group;
  }

  async function travel(group: Group): Promise<void> {
    inFlight += 1;
    await commit(group);
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

  return (item) => {
    const bytes = options.bytesOf(item);
    if (waiting.length > 0 && waitingBytes + bytes > options.maxWaitingBytes)
      return Promise.reject(new QueueFull());
    const result = new Promise<Result>((resolve, reject) => {
      waiting.push({ item, bytes, resolve, reject });
    });
    waitingBytes += bytes;
    waitingSize += options.sizeOf(item);
    if (!leaving && mayLeave()) {
      leaving = true;
      setImmediate(leave);
    }
    return result;
  };
}
