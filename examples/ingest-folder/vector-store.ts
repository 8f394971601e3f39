import { ChromaClient } from 'chromadb';
import { embed } from './embed.ts';

/** Where the chunks are kept, each with its vector: a Chroma collection. */
export interface VectorStore {
  /** Stores some chunks of one file. @throws what the Chroma client throws when the server refuses */
  add(chunks: StoredChunk[]): Promise<void>;
  /** How many chunks of a file there are, at most `COUNT_LIMIT` looked at. */
  count(documentId: string): Promise<number>;
}

export interface StoredChunk {
  documentId: string;
  /** Place in the file, from 0. */
  index: number;
  text: string;
  fileName: string;
  companyId: number;
  botId: number;
}

const COUNT_LIMIT = 100_000;

/** Opens the collection, which is created where it is missing; distances are cosines. */
export async function openVectorStore(env: Record<string, string>): Promise<VectorStore> {
  const { hostname: host, port, protocol } = new URL(env.CHROMA_URL ?? '');
  const ssl = protocol === 'https:';
  const client = new ChromaClient({ host, port: Number(port) || (ssl ? 443 : 80), ssl });
  const collection = await client.getOrCreateCollection({
    name: env.CHROMA_COLLECTION || 'global',
    embeddingFunction: null,
    configuration: { hnsw: { space: 'cosine' } },
  });
  return {
    async add(chunks) {
      await collection.add({
        ids: chunks.map((chunk) => `${chunk.documentId}-${chunk.index}`),
        embeddings: chunks.map((chunk) => embed(chunk.text)),
        documents: chunks.map((chunk) => chunk.text),
        metadatas: chunks.map((chunk) => ({
          document_id: chunk.documentId,
          file_name: chunk.fileName,
          chunk_index: chunk.index,
          company_id: chunk.companyId,
          bot_id: chunk.botId,
        })),
      });
    },
    async count(documentId) {
      const where = { document_id: { $eq: documentId } };
      return (await collection.get({ where, limit: COUNT_LIMIT, include: [] })).ids.length;
    },
  };
}
