import { ChromaClient, type Collection } from 'chromadb';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { ask, fitting, type HttpService, wrongAddress } from './http.ts';
import type { LeftoverStore } from './store.ts';
import { failureCode, StoreError } from './store-error.ts';

type ChromaConfig = Pick<Config, 'CHROMA_URL' | 'CHROMA_COLLECTION' | 'STORE_TIMEOUT_SECONDS'>;

/** Chunks read and deleted at a time; hosted Chroma allows no more per request. */
const PAGE = 300;
const TENANT = 'default_tenant';
const DATABASE = 'default_database';

/** Errors of the client by which only a person can help. */
const MISCONFIGURED = new Set(['ChromaAuthError', 'ChromaForbiddenError', 'ChromaNotFoundError']);

const collectionAnswer = z.object({ id: z.string() });
const idList = z.array(z.string());

/**
 * The vector store: all chunks whose metadata `document_id` is the file's. The collection is never
 * created: one that is missing may be a wrong name, and proves nothing.
 */
export function chromaStore(config: ChromaConfig): LeftoverStore {
  const { hostname: host, port, protocol } = new URL(config.CHROMA_URL);
  const ssl = protocol === 'https:';
  const timeoutMs = config.STORE_TIMEOUT_SECONDS * 1000;
  const service: HttpService = {
    store: 'chroma',
    baseUrl: new URL(config.CHROMA_URL).origin,
    settings: { url: 'CHROMA_URL and CHROMA_COLLECTION', token: 'the access to CHROMA_URL' },
    timeoutMs,
  };

  /**
   * The collection's id, asked for without the client: its `getCollection` also imports the embedding
   * function the server names, and complains on the console where that package is not installed.
   */
  async function collectionId(): Promise<string> {
    const name = encodeURIComponent(config.CHROMA_COLLECTION);
    const path = `/api/v2/tenants/${TENANT}/databases/${DATABASE}/collections/${name}`;
    const question = { operation: 'open collection', path };
    const answer = await ask(service, question);
    if (answer.absent) throw wrongAddress(service, question);
    return fitting(collectionAnswer, answer.body, service, question).id;
  }

  /** One call of the client, with a time-out of its own: the client has no other way to set one. */
  async function call<T>(operation: string, id: string, work: (chunks: Collection) => Promise<T>) {
    const signal = AbortSignal.timeout(timeoutMs);
    const client = new ChromaClient({
      host,
      port: Number(port) || (ssl ? 443 : 80),
      ssl,
      tenant: TENANT,
      database: DATABASE,
      fetchOptions: { signal },
    });
    try {
      return await work(client.collection(id));
    } catch (error) {
      throw storeError(operation, error, signal.aborted);
    }
  }

  const chunkIds = (id: string, documentId: string) =>
    call('read chunks', id, async (chunks) => {
      const where = { document_id: { $eq: documentId } };
      // The client hands on whatever it was sent.
      return idList.parse((await chunks.get({ where, limit: PAGE, include: [] })).ids);
    });

  return {
    name: 'chroma',
    applicable: () => null,
    async remove({ documentId }) {
      const id = await collectionId();
      const removed = new Set<string>();
      let page = await chunkIds(id, documentId);
      while (page.length > 0) {
        if (page.every((chunk) => removed.has(chunk))) throw undeleted();
        const ids = page;
        await call('delete chunks', id, (chunks) => chunks.delete({ ids }));
        for (const chunk of ids) removed.add(chunk);
        page = await chunkIds(id, documentId);
      }
      return { removed: removed.size, detail: `chunks found and deleted: ${removed.size}` };
    },
    /** Counts up to one page, 300 chunks. */
    async remaining({ documentId }) {
      return (await chunkIds(await collectionId(), documentId)).length;
    },
    async check() {
      await collectionId();
    },
  };
}

function storeError(operation: string, error: unknown, timedOut: boolean): StoreError {
  const name = error instanceof z.ZodError ? 'unexpected body' : failureCode(error);
  const configuration = MISCONFIGURED.has(name);
  return new StoreError({
    store: 'chroma',
    operation,
    code: timedOut ? 'TimeoutError' : name,
    configuration,
    timedOut,
    advice: configuration
      ? 'see that CHROMA_URL and CHROMA_COLLECTION name a collection that may be used'
      : 'see that the Chroma server at CHROMA_URL runs and is not overloaded',
  });
}

function undeleted(): StoreError {
  return new StoreError({
    store: 'chroma',
    operation: 'delete chunks',
    code: 'still there',
    configuration: false,
    advice: 'the server accepts the deletion and keeps the chunks, or somebody writes them again',
  });
}
