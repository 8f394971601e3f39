import type { StoredFile } from '../store.ts';

/** What names a file in every store. */
export type KeptFile = Pick<StoredFile, 'documentId' | 'storageKey'>;

/**
 * How one store's leftovers are written down and put back. A thing (object, chunk or record) is one
 * JSON text with an `id` that names its place in the store.
 */
export interface Keeper {
  /** What the store holds of the file, in pages of lines. Objects are copied below `origin.place`. */
  read(file: KeptFile, origin: Origin): AsyncIterable<string[]>;
  /** Compares things with what stands in their places now. */
  compare(things: Thing[], origin: Origin): Promise<Comparison>;
  /** Writes things whose places are free; whatever stands in one by then is left alone. */
  add(things: Thing[], origin: Origin): Promise<void>;
  /** How many things of the file stand in the store besides the known ones. */
  others(file: KeptFile, known: ReadonlySet<string>, origin: Origin): Promise<number>;
}

/** One line of a manifest. */
export interface Thing {
  id: string;
  line: string;
}

/** Where things were saved from, and where they are kept. */
export interface Origin {
  /** Chroma collection; null for the other stores. */
  collection: string | null;
  /** Key prefix of the part; nothing else is below it. */
  place: string;
}

export interface Comparison {
  /** Things that stand in their places as they were saved. */
  same: number;
  /** Things whose places are free. */
  missing: Thing[];
  /** Things whose places something else has taken. */
  newer: number;
}

/** Sorts things by what stands in their places. */
export async function compareEach(
  things: Thing[],
  look: (thing: Thing) => Promise<'same' | 'missing' | 'newer'>,
): Promise<Comparison> {
  const found: Comparison = { same: 0, missing: [], newer: 0 };
  for (const thing of things) {
    const state = await look(thing);
    if (state === 'missing') found.missing.push(thing);
    else found[state] += 1;
  }
  return found;
}
