import { Readable } from 'node:stream';
import type { Bucket } from '../s3-bucket.ts';
import type { Listing } from '../s3-listing.ts';
import { StoreError, type StoreName } from '../store-error.ts';
import type { Keeper, KeptFile, Origin, Thing } from './keeper.ts';
import { contentOf, emptied } from './kept-objects.ts';
import { compressed, counting, type Digest, decompressed } from './manifest.ts';
import { upload } from './upload.ts';

/** What one store held of a file, saved under one place. */
export interface SavedPart extends Origin, Digest {
  store: StoreName;
}

/** A part together with the key it was saved for. */
export interface KeptPart extends SavedPart {
  storage_key: string | null;
}

/** What stands where a restore would write. */
export interface Standing {
  /** Things that stand there as they were saved. */
  same: number;
  missing: number;
  /** Things that somebody else has put there since. */
  newer: number;
}

/**
 * Keeps what a correction is about to remove, in the bucket under a prefix of its own, and puts it
 * back. Works in pages: neither large objects nor many chunks are held in memory.
 */
export interface Quarantine {
  /**
   * Saves what the store holds of the file below `origin.place`, reads it back and compares.
   * @returns null where the store holds nothing
   * @throws StoreError when anything of it is not proven to be saved
   */
  save(store: StoreName, file: KeptFile, origin: Origin): Promise<SavedPart | null>;
  /** Compares the parts of one store, newest first, with what stands there now. */
  inspect(parts: SavedPart[], file: KeptFile): Promise<Standing>;
  /** The stores in which something newer stands where these parts, newest first, would be put back. */
  newerThan(documentId: string, parts: KeptPart[]): Promise<StoreName[]>;
  /**
   * Writes what is missing, reads it back and compares. Never overwrites anything.
   * @param parts of one store, newest first: of a thing saved twice the newest counts
   * @returns how many things were missing, and how many stood there already
   */
  putBack(parts: SavedPart[]): Promise<{ written: number; same: number }>;
  /** Removes everything below a place, proven by listing. @returns how many objects that were */
  purge(place: string): Promise<number>;
  close(): void;
}

const MANIFEST = 'manifest.ndjson.gz';

/**
 * @param bucket holds the quarantine; closed with it
 * @param listing sees what a purge has to remove: on a versioned bucket maybe every version
 * @param pageSize things compared and written at a time
 */
export function openQuarantine(
  bucket: Bucket,
  listing: Listing,
  keepers: Record<StoreName, Keeper>,
  pageSize: number,
): Quarantine {
  async function* linesOf({ store, place, lines, sha256 }: SavedPart) {
    const content = Readable.from(contentOf(bucket, place + MANIFEST));
    const { counted, digest } = counting(decompressed(content));
    try {
      yield* counted;
    } catch (error) {
      throw error instanceof StoreError ? error : damaged(store);
    }
    const read = digest();
    if (read.lines !== lines || read.sha256 !== sha256) throw damaged(store);
  }

  /** The things of several parts, each once, in pages of one part. */
  async function* pagesOf(parts: SavedPart[], seen: Set<string>) {
    for (const part of parts) {
      let page: Thing[] = [];
      for await (const line of linesOf(part)) {
        const { id } = JSON.parse(line) as { id: string };
        if (seen.has(id)) continue;
        seen.add(id);
        page.push({ id, line });
        if (page.length < pageSize) continue;
        yield { part, page };
        page = [];
      }
      if (page.length > 0) yield { part, page };
    }
  }

  async function inspect(parts: SavedPart[], file: KeptFile): Promise<Standing> {
    const standing: Standing = { same: 0, missing: 0, newer: 0 };
    const seen = new Set<string>();
    for await (const { part, page } of pagesOf(parts, seen)) {
      const found = await keepers[part.store].compare(page, part);
      standing.same += found.same;
      standing.missing += found.missing.length;
      standing.newer += found.newer;
    }
    const [newest] = parts;
    if (newest) standing.newer += await keepers[newest.store].others(file, seen, newest);
    return standing;
  }

  return {
    inspect,
    async newerThan(documentId, parts) {
      const newer: StoreName[] = [];
      for (const store of ['s3', 'chroma', 'cms'] as const) {
        const ofStore = parts.filter((part) => part.store === store);
        const placeOf = ({ collection, storage_key }: KeptPart) =>
          store === 's3' ? storage_key : collection;
        for (const group of groupsBy(ofStore, placeOf)) {
          const file = { documentId, storageKey: group[0]?.storage_key ?? null };
          if ((await inspect(group, file)).newer === 0) continue;
          newer.push(store);
          break;
        }
      }
      return newer;
    },
    async save(store, file, origin) {
      const saved = new Set<string>();
      async function* lines() {
        for await (const page of keepers[store].read(file, origin))
          for (const line of page) {
            saved.add((JSON.parse(line) as { id: string }).id);
            yield line;
          }
      }
      const { stream, digest } = compressed(lines());
      await upload(bucket, origin.place + MANIFEST, stream);
      const part = { ...origin, ...digest(), store };
      if (part.lines === 0) {
        await emptied(bucket, listing, origin.place);
        return null;
      }
      for await (const _line of linesOf(part)); // throws unless it is what was written
      const missed = await keepers[store].others(file, saved, origin);
      if (missed > 0 || saved.size !== part.lines) throw unsteady(store);
      return part;
    },
    async putBack(parts) {
      const total = { written: 0, same: 0 };
      // Two collections may have chunks with the same ids.
      for (const group of groupsBy(parts, ({ collection }) => collection))
        for await (const { part, page } of pagesOf(group, new Set())) {
          const keeper = keepers[part.store];
          const { same, missing, newer } = await keeper.compare(page, part);
          if (newer > 0) throw overtaken(part.store);
          if (missing.length > 0) await keeper.add(missing, part);
          const proof = await keeper.compare(missing, part);
          if (proof.same !== missing.length) throw overtaken(part.store);
          total.same += same;
          total.written += missing.length;
        }
      return total;
    },
    purge: (place) => emptied(bucket, listing, place),
    close: () => bucket.close(),
  };
}

/** The parts by the place they were saved from, in their order. */
function groupsBy<Part>(parts: readonly Part[], placeOf: (part: Part) => string | null): Part[][] {
  const groups = new Map<string | null, Part[]>();
  for (const part of parts) groups.set(placeOf(part), [...(groups.get(placeOf(part)) ?? []), part]);
  return [...groups.values()];
}

const failure = (store: StoreName, operation: string, code: string, advice: string) =>
  new StoreError({ store, operation, code, configuration: false, advice });

const damaged = (store: StoreName) =>
  failure(
    store,
    'read quarantine',
    'checksum',
    'what was saved is not what was written; nothing was removed or put back on its account',
  );

const unsteady = (store: StoreName) =>
  failure(store, 'save to quarantine', 'changed', 'somebody wrote to the file while it was saved');

const overtaken = (store: StoreName) =>
  failure(store, 'restore', 'not as saved', 'something else stands where it would be put back');
