import { z } from 'zod';
import type { ChromaCollections } from '../chroma-collection.ts';
import { ask, fitting, type Question, wrongAddress } from '../http.ts';
import { elementTexts, inOrder } from './exact-json.ts';
import type { Comparison, Keeper, Origin, Thing } from './keeper.ts';

const texts = z.array(z.string().nullable());
const idsAnswer = z.object({ ids: z.array(z.string()) });
const pageAnswer = z.object({
  ids: z.array(z.string()),
  embeddings: z.array(z.array(z.number()).nullable()),
  documents: texts.nullable(),
  uris: texts.nullable(),
});

/**
 * One chunk as it is kept. The embedding is the base64 of its float32 values, little-endian; the
 * metadata is the very JSON text that Chroma gave, because 1.0 and 1 are of different types there; only
 * its fields are sorted, because Chroma gives them in any order.
 */
const chunkLine = z.object({
  id: z.string(),
  embedding: z.string().nullable(),
  document: z.string().nullable(),
  uri: z.string().nullable(),
  metadata: z.string(),
});
type Chunk = z.output<typeof chunkLine>;

/**
 * The vector store: ids, embeddings, metadata, documents and URIs of a file's chunks.
 * @param pageSize chunks read at a time
 */
export function chunkKeeper({ service, pathOf }: ChromaCollections, pageSize: number): Keeper {
  async function post(path: string, question: Pick<Question, 'operation' | 'body' | 'bodyText'>) {
    const asked = { ...question, method: 'POST' as const, path };
    const answer = await ask(service, asked);
    if (answer.absent) throw wrongAddress(service, asked);
    return { ...answer, asked };
  }

  async function get(path: string, selection: object): Promise<Chunk[]> {
    const include = ['embeddings', 'documents', 'metadatas', 'uris'];
    const body = { ...selection, include };
    const { body: json, text, asked } = await post(path, { operation: 'read chunks', body });
    const page = fitting(pageAnswer, json, service, asked);
    const metadatas = elementTexts(text, 'metadatas');
    return page.ids.map((id, nth) => ({
      id,
      embedding: packed(page.embeddings[nth]),
      document: page.documents?.[nth] ?? null,
      uri: page.uris?.[nth] ?? null,
      metadata: inOrder(metadatas[nth] ?? 'null'),
    }));
  }

  /** Every page of the file's chunks; each is asked for by where it starts. */
  async function* pages<Item>(documentId: string, ask: (selection: object) => Promise<Item[]>) {
    const where = { document_id: { $eq: documentId } };
    for (let offset = 0; ; offset += pageSize) {
      const page = await ask({ where, limit: pageSize, offset });
      if (page.length > 0) yield page;
      if (page.length < pageSize) return;
    }
  }

  async function ids(path: string, selection: object): Promise<string[]> {
    const body = { ...selection, include: [] };
    const answer = await post(path, { operation: 'list chunks', body });
    return fitting(idsAnswer, answer.body, service, answer.asked).ids;
  }

  return {
    async *read({ documentId }, { collection }) {
      const path = `${await pathOf(named(collection))}/get`;
      for await (const page of pages(documentId, (selection) => get(path, selection)))
        yield page.map(asLine);
    },
    async compare(things, { collection }) {
      const found: Comparison = { same: 0, missing: [], newer: 0 };
      if (things.length === 0) return found;
      const path = `${await pathOf(named(collection))}/get`;
      const standing = await get(path, { ids: things.map(({ id }) => id) });
      const lines = new Map(standing.map((chunk) => [chunk.id, asLine(chunk)]));
      for (const thing of things) {
        const line = lines.get(thing.id);
        if (line === undefined) found.missing.push(thing);
        else if (line === thing.line) found.same += 1;
        else found.newer += 1;
      }
      return found;
    },
    async add(things, { collection }) {
      // `add` leaves a chunk alone that is there already, where `upsert` would overwrite it.
      const path = `${await pathOf(named(collection))}/add`;
      const bodyText = addBody(things.map(chunkOf));
      await post(path, { operation: 'write chunks', bodyText });
    },
    async others({ documentId }, known, { collection }) {
      let count = 0;
      const path = `${await pathOf(named(collection))}/get`;
      for await (const page of pages(documentId, (selection) => ids(path, selection)))
        count += page.filter((id) => !known.has(id)).length;
      return count;
    },
  };
}

const asLine = (chunk: Chunk) => JSON.stringify(chunk);
const chunkOf = ({ line }: Thing) => chunkLine.parse(JSON.parse(line));

function named(collection: Origin['collection']): string {
  if (collection === null) throw new Error('chroma: a quarantined part names no collection');
  return collection;
}

function packed(embedding: number[] | null | undefined): string | null {
  if (!embedding) return null;
  return Buffer.from(Float32Array.from(embedding).buffer).toString('base64');
}

/** Written by hand, because the metadata has to arrive as the text it is. */
function addBody(chunks: Chunk[]): string {
  const column = (name: keyof Chunk) => JSON.stringify(chunks.map((chunk) => chunk[name]));
  const metadatas = `[${chunks.map(({ metadata }) => metadata).join(',')}]`;
  return `{"ids":${column('id')},"embeddings":${column('embedding')},"documents":${column(
    'document',
  )},"uris":${column('uri')},"metadatas":${metadatas}}`;
}
