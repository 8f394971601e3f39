import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';

/** A collection of its own in a real Chroma, asked over HTTP without any client in between. */
export interface ChromaHttp {
  name: string;
  /** Adds chunks from a body given as text, so that nothing about it is changed on the way. */
  add(bodyText: string): Promise<void>;
  /** Adds chunks with random vectors. */
  fill(documentId: string, count: number, dimensions: number, prefix?: string): Promise<void>;
  /** Removes the file's chunks, or so many of them. */
  remove(documentId: string, count?: number): Promise<void>;
  raw(documentId: string): Promise<{ text: string; fields: unknown; vectors: Buffer[] }>;
  /** Number of chunks and a checksum over all that is known of them. */
  digest(documentId: string): Promise<{ count: number; sha256: string }>;
  drop(): Promise<void>;
}

const BATCH = 1000;

const chunks = z.object({
  ids: z.array(z.string()),
  embeddings: z.array(z.array(z.number())),
  documents: z.array(z.string().nullable()),
  uris: z.array(z.string().nullable()),
  metadatas: z.array(z.record(z.string(), z.unknown())),
});

/** Where the collection is, and what it is called; by default a new name in the default database. */
export interface ChromaPlace {
  tenant?: string;
  database?: string;
  name?: string;
}

export async function openChroma(url: string, place: ChromaPlace = {}): Promise<ChromaHttp> {
  const { tenant = 'default_tenant', database = 'default_database' } = place;
  const { name = `kept-${randomUUID()}` } = place;
  const collections = `${url}/api/v2/tenants/${tenant}/databases/${database}/collections`;
  async function post(path: string, body: string): Promise<string> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(collections + path, { method: 'POST', headers, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`chroma answered ${response.status}: ${text}`);
    return text;
  }
  const { id } = JSON.parse(await post('', JSON.stringify({ name }))) as { id: string };

  const get = (documentId: string, more: object) =>
    post(`/${id}/get`, JSON.stringify({ where: { document_id: { $eq: documentId } }, ...more }));
  const everything = { include: ['embeddings', 'documents', 'metadatas', 'uris'] };
  const packed = (vector: number[]) => Buffer.from(Float32Array.from(vector).buffer);

  return {
    name,
    add: async (bodyText) => {
      await post(`/${id}/add`, bodyText);
    },
    async fill(documentId, count, dimensions, prefix = 'chunk') {
      for (let from = 0; from < count; from += BATCH) {
        const numbers = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => from + i);
        const body = {
          ids: numbers.map((n) => `${documentId}-${prefix}-${n}`),
          embeddings: numbers.map(() => Array.from({ length: dimensions }, Math.random)),
          documents: numbers.map((n) => `passage ${n}`),
          metadatas: numbers.map((n) => ({ document_id: documentId, page: n })),
        };
        await post(`/${id}/add`, JSON.stringify(body));
      }
    },
    async remove(documentId, count) {
      let left = count ?? Number.POSITIVE_INFINITY;
      while (left > 0) {
        const limit = Math.min(BATCH, left);
        const { ids } = JSON.parse(await get(documentId, { limit, include: [] })) as {
          ids: string[];
        };
        if (ids.length === 0) return;
        await post(`/${id}/delete`, JSON.stringify({ ids }));
        left -= ids.length;
      }
    },
    async raw(documentId) {
      const text = await get(documentId, everything);
      const { embeddings, ...fields } = chunks.parse(JSON.parse(text));
      return { text, fields, vectors: embeddings.map(packed) };
    },
    async digest(documentId) {
      const lines: string[] = [];
      for (let offset = 0; ; offset += BATCH) {
        const page = chunks.parse(
          JSON.parse(await get(documentId, { limit: BATCH, offset, ...everything })),
        );
        for (const [nth, chunk] of page.ids.entries()) {
          const fields = Object.entries(page.metadatas[nth] ?? {}).sort();
          const vector = packed(page.embeddings[nth] ?? []).toString('hex');
          lines.push(JSON.stringify([chunk, vector, page.documents[nth], fields]));
        }
        if (page.ids.length < BATCH) break;
      }
      const sha256 = createHash('sha256').update(lines.sort().join('\n')).digest('hex');
      return { count: lines.length, sha256 };
    },
    drop: async () => {
      await fetch(`${collections}/${name}`, { method: 'DELETE' });
    },
  };
}
