import { collectionName, unnamedCollection } from '../domain/collection-name.ts';
import {
  blamedForMissing,
  type ChromaConfig,
  type ChunkCollection,
  chromaDatabase,
} from './chroma-collection.ts';
import { allOrHalves, asAnswer, askGroups, pagesOf } from './per-file.ts';
import type { LeftoverStore, PerFile, Removal, StoredFile } from './store.ts';
import { StoreError } from './store-error.ts';

/** Files named in one question at most; fewer where a page has no room for a chunk of each. */
const FILES_AT_ONCE = 1000;

/**
 * The vector store: all chunks whose metadata `document_id` is the file's, in the collection that
 * `CHROMA_COLLECTION` names for its company and bot. A collection is never created: one that is missing
 * may be a wrong name, and proves nothing.
 */
export function chromaStore(config: ChromaConfig): LeftoverStore {
  const database = chromaDatabase(config);
  const template = config.CHROMA_COLLECTION;
  const filesAtOnce = Math.min(FILES_AT_ONCE, config.CHROMA_PAGE_SIZE);
  const blames = blamedForMissing(template);

  const inCollections = <Answer>(
    files: readonly StoredFile[],
    ask: (chunks: ChunkCollection, files: readonly StoredFile[]) => Promise<PerFile<Answer>>,
  ) =>
    askGroups(
      files,
      (file) => collectionName(template, file),
      async (name, members) => {
        const chunks = await database.open(name, blames).catch(asAnswer);
        if (chunks instanceof StoreError) return members.map(() => chunks);
        const answers: PerFile<Answer> = [];
        for (const page of pagesOf(members, filesAtOnce))
          answers.push(...(await allOrHalves(page, (some) => ask(chunks, some))));
        return answers;
      },
    );

  return {
    name: 'chroma',
    applicable: (file) => unnamedCollection(template, file),
    remove(files) {
      // By collection, because a document may have chunks in several.
      const removed = new Map<ChunkCollection, Map<string, number>>();
      return inCollections(files, (chunks, some) => {
        const counts = removed.get(chunks) ?? new Map<string, number>();
        removed.set(chunks, counts);
        return removeChunks(chunks, some, counts);
      });
    },
    remaining: (files) => inCollections(files, countChunks),
    async check() {
      if (blames === 'file') return database.check();
      await database.open(template, blames);
    },
  };
}

/** @param removed counts by document id; kept by the caller, as what was removed before an error counts */
async function removeChunks(
  collection: ChunkCollection,
  files: readonly StoredFile[],
  removed: Map<string, number>,
): Promise<PerFile<Removal>> {
  const documents = documentsOf(files);
  let last = new Set<string>();
  for (;;) {
    const { chunks: page, more } = await collection.chunksOf(documents);
    if (page.length === 0) break;
    if (page.every(({ id }) => last.has(id))) throw undeleted();
    last = new Set(page.map(({ id }) => id));
    await collection.remove([...last]);
    for (const { documentId } of page) removed.set(documentId, (removed.get(documentId) ?? 0) + 1);
    // Whether that was all of them is for the read-back to say.
    if (!more) break;
  }
  return files.map(({ documentId }) => {
    const count = removed.get(documentId) ?? 0;
    return { removed: count, detail: `chunks found and deleted: ${count}` };
  });
}

/** Counts at least one chunk of every file that has any, up to a page in all. */
async function countChunks(collection: ChunkCollection, files: readonly StoredFile[]) {
  const counts = new Map<string, number>();
  let unseen = documentsOf(files);
  while (unseen.length > 0) {
    const { chunks: page, more } = await collection.chunksOf(unseen);
    for (const { documentId } of page) counts.set(documentId, (counts.get(documentId) ?? 0) + 1);
    if (!more) break;
    // A full page may have had no room for the other files.
    unseen = unseen.filter((documentId) => !counts.has(documentId));
  }
  return files.map(({ documentId }) => counts.get(documentId) ?? 0);
}

const documentsOf = (files: readonly StoredFile[]) => [
  ...new Set(files.map(({ documentId }) => documentId)),
];

function undeleted(): StoreError {
  return new StoreError({
    store: 'chroma',
    operation: 'delete chunks',
    code: 'still there',
    configuration: false,
    blames: 'file',
    advice: 'the server accepts the deletion and keeps the chunks, or somebody writes them again',
  });
}
