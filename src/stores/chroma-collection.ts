import { z } from 'zod';
import type { Config } from '../config.ts';
import { ask, fitting, type HttpService, type Question, wrongAddress } from './http.ts';
import type { StoreError } from './store-error.ts';

export type ChromaConfig = Pick<
  Config,
  | 'CHROMA_URL'
  | 'CHROMA_TENANT'
  | 'CHROMA_DATABASE'
  | 'CHROMA_COLLECTION'
  | 'CHROMA_TOKEN'
  | 'CHROMA_TOKEN_HEADER'
  | 'CHROMA_PAGE_SIZE'
  | 'STORE_TIMEOUT_SECONDS'
>;

/** One chunk, by its own id and that of the file it was cut from. */
export interface Chunk {
  id: string;
  documentId: string;
}

export interface ChunkPage {
  chunks: Chunk[];
  /** The page is full: there may be others. */
  more: boolean;
}

/** The chunks of one collection. Every function throws `StoreError`. */
export interface ChunkCollection {
  /** Some chunks of the files, at most `CHROMA_PAGE_SIZE`; none only where there are none. */
  chunksOf(documentIds: readonly string[]): Promise<ChunkPage>;
  remove(chunkIds: readonly string[]): Promise<void>;
}

export interface ChromaDatabase {
  /** @param blames whom it speaks against where the collection is missing */
  open(collection: string, blames: StoreError['blames']): Promise<ChunkCollection>;
  /** Resolves when the database can be read. */
  check(): Promise<void>;
}

const collectionAnswer = z.object({ id: z.string() });
const collectionList = z.array(collectionAnswer);
const chunkList = z
  .object({
    ids: z.array(z.string()),
    metadatas: z.array(z.object({ document_id: z.string() })),
  })
  .refine(({ ids, metadatas }) => ids.length === metadatas.length, { path: ['metadatas'] });

/** The collections of a database, for whoever asks the server by its own questions. */
export interface ChromaCollections {
  service: HttpService;
  /** Path of all collections. */
  root: string;
  /**
   * Path of one collection, by its name.
   * @param blames whom it speaks against where the collection is missing
   * @throws StoreError
   */
  pathOf(collection: string, blames?: StoreError['blames']): Promise<string>;
}

/** Whom a missing collection speaks against: where each company has its own, not against the others. */
export const blamedForMissing = (template: string): StoreError['blames'] =>
  template.includes('{') ? 'file' : 'store';

/** Where the collections of the configured database are. @param watch stands around each question */
export function chromaCollections(
  config: ChromaConfig,
  watch?: HttpService['watch'],
): ChromaCollections {
  const service: HttpService = {
    store: 'chroma',
    baseUrl: new URL(config.CHROMA_URL).origin,
    headers: credentials(config),
    settings: {
      url: 'CHROMA_URL, CHROMA_TENANT, CHROMA_DATABASE and CHROMA_COLLECTION',
      token: 'CHROMA_TOKEN',
    },
    timeoutMs: config.STORE_TIMEOUT_SECONDS * 1000,
    watch,
  };
  const [tenant, database] = [config.CHROMA_TENANT, config.CHROMA_DATABASE].map(encodeURIComponent);
  const root = `/api/v2/tenants/${tenant}/databases/${database}/collections`;
  return {
    service,
    root,
    async pathOf(collection, blames) {
      const opening = {
        operation: 'open collection',
        path: `${root}/${encodeURIComponent(collection)}`,
      };
      const found = await ask(service, opening);
      if (found.absent) throw wrongAddress(service, opening, blames);
      const { id } = fitting(collectionAnswer, found.body, service, opening);
      return `${root}/${encodeURIComponent(id)}`;
    },
  };
}

/**
 * A database of a Chroma server, asked over its HTTP interface: the official client imports the
 * embedding function a collection names and sets no time-outs of its own.
 */
export function chromaDatabase(config: ChromaConfig): ChromaDatabase {
  const { service: chroma, root, pathOf } = chromaCollections(config);

  async function answerOf<S extends z.ZodType>(question: Question, schema: S) {
    const answer = await ask(chroma, question);
    if (answer.absent) throw wrongAddress(chroma, question);
    return fitting(schema, answer.body, chroma, question);
  }

  return {
    async open(collection, blames) {
      const path = await pathOf(collection, blames);
      return {
        async chunksOf(documentIds) {
          const where = { document_id: { $in: documentIds } };
          const limit = config.CHROMA_PAGE_SIZE;
          const body = { where, limit, include: ['metadatas'] };
          const reading: Question = {
            operation: 'read chunks',
            method: 'POST',
            path: `${path}/get`,
            body,
          };
          const { ids, metadatas } = await answerOf(reading, chunkList);
          const chunks = ids.map((id, nth) => {
            return { id, documentId: metadatas[nth]?.document_id ?? '' };
          });
          return { chunks, more: ids.length >= limit };
        },
        async remove(ids) {
          const operation = 'delete chunks';
          const body = { ids };
          await answerOf({ operation, method: 'POST', path: `${path}/delete`, body }, z.unknown());
        },
      };
    },
    async check() {
      await answerOf({ operation: 'list collections', path: `${root}?limit=1` }, collectionList);
    },
  };
}

function credentials(config: ChromaConfig): Record<string, string> {
  const { CHROMA_TOKEN: token, CHROMA_TOKEN_HEADER: header } = config;
  if (!token) return {};
  return { [header]: header === 'authorization' ? `Bearer ${token}` : token };
}
