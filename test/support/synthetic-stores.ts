import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Object storage, Chroma and a CMS that answer lists as the real ones do, of as many things as one
 * likes: every page is computed when it is asked for, so nothing is held here either.
 */

export interface SyntheticStores {
  /** Variables under which Tidings finds them. */
  env: Record<string, string>;
  /** Requests answered so far. */
  asked(): number;
  close(): Promise<void>;
}

export interface Sizes {
  objects: number;
  chunks: number;
  chunksPerFile: number;
  records: number;
}

const PAGE = 1000;
const LONG_AGO = '2026-01-01T00:00:00.000Z';
const nth = (number: number) => String(number).padStart(8, '0');
/** The document and the key of a file, by its number from 0 on. */
const documentOf = (number: number) => `file-${nth(number)}`;
export const keyOf = (number: number) => `all/${documentOf(number)}`;
const numberIn = (text: string) => Number(/(\d{8})/.exec(text)?.[1] ?? -1);

/** The number of the first file whose key comes after a key, or after the beginning of one. */
function firstAfter(key: string): number {
  const digits = /\d+$/.exec(key)?.[0] ?? '';
  return digits.length < 8 ? Number(digits.padEnd(8, '0')) : Number(digits) + 1;
}

/** @param sizes how much there is; files are numbered from 0 on in each of the three */
export async function startSyntheticStores(sizes: Sizes): Promise<SyntheticStores> {
  const range = (from: number, to: number) =>
    Array.from({ length: Math.max(0, to - from) }, (_, step) => from + step);

  function objects(query: URLSearchParams): string {
    const prefix = query.get('prefix') ?? '';
    const exact = numberIn(prefix);
    // Its tokens are the keys that pages end with.
    const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const first = exact >= 0 ? exact : firstAfter(after);
    const size = Math.min(PAGE, Number(query.get('max-keys') ?? PAGE));
    const end = Math.min(sizes.objects, exact >= 0 ? exact + 1 : first + size);
    const contents = range(first, end).map(
      (number) =>
        `<Contents><Key>${keyOf(number)}</Key><LastModified>${LONG_AGO}</LastModified></Contents>`,
    );
    const more = exact < 0 && end < sizes.objects;
    const next = more ? `<NextContinuationToken>${keyOf(end - 1)}</NextContinuationToken>` : '';
    const all = `<Name>bucket</Name>${contents.join('')}${next}<IsTruncated>${more}</IsTruncated>`;
    return `<ListBucketResult>${all}</ListBucketResult>`;
  }

  function chunks(body: { limit: number; offset?: number; where?: object }): object {
    const wanted = (body.where as { document_id: { $in: string[] } } | undefined)?.document_id.$in;
    const numbers = wanted
      ? wanted
          .map(numberIn)
          .filter((number) => number >= 0 && number * sizes.chunksPerFile < sizes.chunks)
          .map((number) => number * sizes.chunksPerFile)
          .slice(0, body.limit)
      : range(body.offset ?? 0, Math.min(sizes.chunks, (body.offset ?? 0) + body.limit));
    const documents = numbers.map((number) => documentOf(Math.floor(number / sizes.chunksPerFile)));
    return {
      ids: numbers.map((number) => `chunk-${nth(number)}`),
      metadatas: documents.map((document_id) => ({ document_id, text: 'x'.repeat(50) })),
    };
  }

  function records(query: URLSearchParams): object {
    const asked = query.getAll('documentId').map(numberIn);
    const page = Number(query.get('page') ?? 1);
    const pageSize = Number(query.get('pageSize') ?? 25);
    const numbers = asked.length
      ? asked.filter((number) => number >= 0 && number < sizes.records)
      : range((page - 1) * pageSize, Math.min(sizes.records, page * pageSize));
    const total = asked.length ? numbers.length : sizes.records;
    const data = numbers.map((number) => ({
      documentId: documentOf(number),
      storage_key: keyOf(number),
      updatedAt: LONG_AGO,
    }));
    const pagination = { page, pageSize, pageCount: Math.ceil(total / pageSize), total };
    return { data, meta: { pagination } };
  }

  async function answerTo(request: IncomingMessage): Promise<string> {
    let text = '';
    for await (const part of request) text += part;
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://stores');
    if (pathname.startsWith('/bucket')) return objects(searchParams);
    if (pathname.startsWith('/api/files')) return JSON.stringify(records(searchParams));
    if (pathname.endsWith('/count')) return JSON.stringify(sizes.chunks);
    if (pathname.endsWith('/get')) return JSON.stringify(chunks(JSON.parse(text)));
    return JSON.stringify({ id: 'all', name: 'all' });
  }

  let asked = 0;
  const server = createServer(async (request, response) => {
    asked += 1;
    response.end(await answerTo(request));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    env: {
      S3_ENDPOINT: url,
      S3_BUCKET: 'bucket',
      S3_FORCE_PATH_STYLE: 'true',
      CHROMA_URL: url,
      CHROMA_COLLECTION: 'all',
      CHROMA_PAGE_SIZE: '5000',
      CMS_API_URL: url,
    },
    asked: () => asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
