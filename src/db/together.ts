import { groupCommit } from '../group-commit.ts';
import { blamesContent } from './client.ts';

/** Items of one statement: enough for every job of a process, little enough to be quick. */
const MAX_ITEMS = 100;
/** What a mail may lose here is little beside what the server takes to answer; milliseconds. */
const REST_MS = 4;
/** A statement that takes longer has met a lock or a dead connection: others leave beside it; milliseconds. */
const SLOW_MS = 1000;
/** After this there is no telling what has become of a statement, and its callers try again; milliseconds. */
const PATIENCE_MS = 15_000;

export interface TogetherOptions {
  /** Connections of the pool: what hangs may take half of them. */
  poolSize: number;
  /** 0 for those whose waiting would be somebody else's as well. */
  restMs?: number;
}

/**
 * One statement, and one commit, for many callers: what is asked while the last statement is under way
 * leaves together with the next, after a short rest where there were several. A lone caller waits for
 * nobody. A statement that fails because of one of its items is tried again in halves, so that nobody
 * fails for another's sake. One that hangs holds up nobody but its own callers, and those not for ever.
 * @param ask answers for each item, in their order
 */
export function together<Item, Answer>(
  ask: (items: Item[]) => Promise<Answer[]>,
  { poolSize, restMs = REST_MS }: TogetherOptions,
): (item: Item) => Promise<Answer> {
  return groupCommit<Item, Answer>({
    commit: ask,
    separable: blamesContent,
    sizeOf: () => 1,
    maxSize: MAX_ITEMS,
    bytesOf: () => 0,
    maxWaitingBytes: Number.POSITIVE_INFINITY,
    maxInFlight: 2,
    restMs,
    slow: { afterMs: SLOW_MS, most: Math.max(2, Math.floor(poolSize / 2)) },
    patienceMs: PATIENCE_MS,
  });
}

/** The same for rows that are looked up by a key; undefined where there is none. */
export function togetherByKey<Key, Row>(
  find: (keys: Key[]) => Promise<Row[]>,
  keyOf: (row: Row) => Key,
  options: TogetherOptions,
): (key: Key) => Promise<Row | undefined> {
  return together(async (keys) => {
    const rows = new Map((await find(keys)).map((row) => [keyOf(row), row]));
    return keys.map((key) => rows.get(key));
  }, options);
}
