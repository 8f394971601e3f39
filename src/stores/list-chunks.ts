import { z } from 'zod';
import { collectionTest } from '../domain/collection-name.ts';
import { type ChromaConfig, chromaCollections, chromaDatabase } from './chroma-collection.ts';
import { ask, fitting, type Question, wrongAddress } from './http.ts';
import { patiently } from './patiently.ts';

/** A chunk as a listing tells of it. */
export interface ListedChunk {
  id: string;
  /** Empty where the chunk does not say which file it was cut from. */
  documentId: string;
}

/** Reads whole collections, without keeping them. Every function throws `StoreError`. */
export interface ChunkList {
  /** Names of the collections that `CHROMA_COLLECTION` can mean. */
  collections(): Promise<string[]>;
  /** Every chunk of a collection, page by page. */
  pages(collection: string): AsyncGenerator<ListedChunk[]>;
  /** Which of the files have chunks in the collection now. */
  present(collection: string, documentIds: readonly string[]): Promise<Set<string>>;
}

/** Collections on one page of their list. */
const COLLECTIONS = 100;

const collectionNames = z.array(z.object({ name: z.string() }));
const chunkPage = z
  .object({
    ids: z.array(z.string()),
    metadatas: z.array(z.object({ document_id: z.unknown() }).nullable()),
  })
  .refine(({ ids, metadatas }) => ids.length === metadatas.length, { path: ['metadatas'] });

/** Reads the collections of the Chroma server that is configured. */
export function chunkList(config: ChromaConfig): ChunkList {
  const { service, root, pathOf } = chromaCollections(config);
  const database = chromaDatabase(config);
  const template = config.CHROMA_COLLECTION;
  const pageSize = config.CHROMA_PAGE_SIZE;

  async function answerOf<S extends z.ZodType>(question: Question, schema: S) {
    const answer = await patiently(() => ask(service, question));
    if (answer.absent) throw wrongAddress(service, question);
    return fitting(schema, answer.body, service, question);
  }

  const page = async (path: string, offset: number): Promise<ListedChunk[]> => {
    const body = { limit: pageSize, offset, include: ['metadatas'] };
    const question = {
      operation: 'list chunks',
      method: 'POST',
      path: `${path}/get`,
      body,
    } as const;
    const { ids, metadatas } = await answerOf(question, chunkPage);
    return ids.map((id, nth) => {
      const documentId = metadatas[nth]?.document_id;
      return { id, documentId: typeof documentId === 'string' ? documentId : '' };
    });
  };

  return {
    async collections() {
      if (!template.includes('{')) return [template];
      const isOurs = collectionTest(template);
      const names: string[] = [];
      for (let offset = 0; ; offset += COLLECTIONS) {
        const path = `${root}?limit=${COLLECTIONS}&offset=${offset}`;
        const found = await answerOf({ operation: 'list collections', path }, collectionNames);
        names.push(...found.map(({ name }) => name).filter(isOurs));
        if (found.length < COLLECTIONS) return names;
      }
    },
    async *pages(collection) {
      const path = await patiently(() => pathOf(collection));
      const count = await answerOf(
        { operation: 'count chunks', path: `${path}/count` },
        z.number().int().min(0),
      );
      // From the end: what is deleted meanwhile moves the rest towards the pages still to be read.
      for (let nth = Math.ceil(count / pageSize) - 1; nth >= 0; nth -= 1)
        yield page(path, nth * pageSize);
    },
    async present(collection, documentIds) {
      const chunks = await database.open(collection, 'store');
      const there = new Set<string>();
      let unseen = [...documentIds];
      while (unseen.length > 0) {
        const { chunks: found, more } = await chunks.chunksOf(unseen);
        for (const { documentId } of found) there.add(documentId);
        if (!more) break;
        // A full page may have had no room for the other files.
        unseen = unseen.filter((documentId) => !there.has(documentId));
      }
      return there;
    },
  };
}
