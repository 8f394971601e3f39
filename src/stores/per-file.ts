import type { PerFile } from './store.ts';
import { StoreError } from './store-error.ts';

/** How a question about many files falls apart into an answer for each of them. */

/**
 * Asks about several files at once. A refusal that may be about one of them is asked again about each
 * half, so that the others get their answer; trouble of the store is everybody's.
 * @param ask answers in the order it was asked, or throws `StoreError` for all
 */
export async function allOrHalves<Item, Answer>(
  items: readonly Item[],
  ask: (items: readonly Item[]) => Promise<PerFile<Answer>>,
): Promise<PerFile<Answer>> {
  try {
    return await ask(items);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.blames === 'store' || items.length === 1) return items.map(() => error);
    const middle = Math.ceil(items.length / 2);
    const first = await allOrHalves(items.slice(0, middle), ask);
    return [...first, ...(await allOrHalves(items.slice(middle), ask))];
  }
}

/** One question per item, so many at a time. A `StoreError` is the answer for its item alone. */
export async function askEach<Item, Answer>(
  items: readonly Item[],
  atOnce: number,
  ask: (item: Item) => Promise<Answer>,
): Promise<PerFile<Answer>> {
  const answers: PerFile<Answer> = [];
  let next = 0;
  const work = async () => {
    for (let at = next++; at < items.length; at = next++) {
      answers[at] = await ask(items[at] as Item).catch(asAnswer);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  return answers;
}

/** An error as the answer it is; anything but a `StoreError` is thrown on. */
export function asAnswer(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  throw error;
}

/** The items in runs of at most `size`. */
export function pagesOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, page) =>
    items.slice(page * size, (page + 1) * size),
  );
}

/** One question per group of items that belong together; the answers in the order of the items. */
export async function askGroups<Item, Answer>(
  items: readonly Item[],
  groupOf: (item: Item) => string,
  ask: (group: string, items: readonly Item[]) => Promise<PerFile<Answer>>,
): Promise<PerFile<Answer>> {
  const places = new Map<string, number[]>();
  for (const [at, item] of items.entries()) {
    const group = groupOf(item);
    const members = places.get(group);
    if (members) members.push(at);
    else places.set(group, [at]);
  }
  const answers: PerFile<Answer> = [];
  for (const [group, at] of places) {
    const members = at.map((place) => items[place] as Item);
    const found = await ask(group, members);
    for (const [nth, place] of at.entries()) answers[place] = found[nth] as Answer | StoreError;
  }
  return answers;
}
