import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ChromaClient, type Collection } from 'chromadb';
import postgres from 'postgres';
import { inPages, inTurn } from './at-once.ts';

/** What failed files leave in the three stores, without any of Tidings' own code. */

export type Store = 's3' | 'chroma' | 'cms';

export const CHUNKS_PER_FILE = 3;
const COLLECTION = 'bench';
const PUTS_AT_ONCE = 40;

/** The stores' own clients. */
export interface Stores {
  s3: S3Client;
  bucket: string;
  chunks: Collection;
  /** Asks the CMS. @throws when it answers with another status than the one expected */
  askCms(path: string, method: 'GET' | 'DELETE', expected: number): Promise<unknown>;
}

export interface Leftovers {
  stores: Stores;
  /** Puts a record of each file, and an object and three chunks where asked. */
  put(documentIds: readonly string[], where: readonly Store[]): Promise<void>;
  /** Objects, chunks and records there are in all. */
  count(): Promise<Record<Store, number>>;
  clearRecords(): Promise<void>;
  close(): Promise<void>;
}

/** The document's folder below its bot's, as the example producer has it. */
export const keyOf = (documentId: string) =>
  `companies/1/bots/${documentId.slice(0, documentId.lastIndexOf('-'))}/${documentId}/report.pdf`;

/** @param env the variables of the running parts, with the database of the built-in CMS */
export async function openLeftovers(env: Record<string, string>): Promise<Leftovers> {
  const Bucket = env.S3_BUCKET ?? '';
  const openS3 = () =>
    new S3Client({
      endpoint: env.S3_ENDPOINT,
      region: env.AWS_REGION,
      forcePathStyle: true,
      credentials: {
        accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
        secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
      },
    });
  const s3 = openS3();
  const { hostname: host, port } = new URL(env.CHROMA_URL ?? '');
  const chroma = new ChromaClient({ host, port: Number(port) });
  const chunks = await chroma.getOrCreateCollection({ name: COLLECTION, embeddingFunction: null });
  const cms = postgres(env.CMS_DATABASE_URL ?? '', { max: 1, onnotice: () => {} });

  async function putRecords(documentIds: readonly string[]): Promise<void> {
    const keys = documentIds.map(keyOf);
    await cms`
      insert into files (document_id, name, storage_key)
      select document, document, key from unnest(${[...documentIds]}::text[], ${keys}::text[])
        as f(document, key)`;
  }
  async function putObjects(documentIds: readonly string[]): Promise<void> {
    // The server closes what was idle while files were corrected, maybe just as it is used again.
    const fresh = openS3();
    await inTurn(documentIds, PUTS_AT_ONCE, (id) =>
      fresh.send(new PutObjectCommand({ Bucket, Key: keyOf(id), Body: 'text' })),
    );
    fresh.destroy();
  }
  async function countObjects(): Promise<number> {
    let count = 0;
    for (let StartAfter: string | undefined; ; ) {
      const page = await s3.send(new ListObjectsV2Command({ Bucket, StartAfter }));
      count += page.KeyCount ?? 0;
      StartAfter = page.Contents?.at(-1)?.Key;
      if (!page.IsTruncated || !StartAfter) return count;
    }
  }

  return {
    stores: {
      s3,
      bucket: Bucket,
      chunks,
      async askCms(path, method, expected) {
        const headers = { authorization: `Bearer ${env.CMS_API_TOKEN}` };
        const answer = await fetch(env.CMS_API_URL + path, { method, headers });
        if (answer.status !== expected) throw new Error(`the CMS answered ${answer.status}`);
        const text = await answer.text();
        return text ? JSON.parse(text) : undefined;
      },
    },
    async put(documentIds, where) {
      await Promise.all([
        putObjects(where.includes('s3') ? documentIds : []),
        inPages(where.includes('chroma') ? documentIds : [], 1000, (page) =>
          addChunks(chunks, page),
        ),
        inPages(documentIds, 5000, putRecords),
      ]);
    },
    async count() {
      const [row] = await cms<{ count: string }[]>`select count(*) from files`;
      return {
        s3: await countObjects(),
        chroma: await chunks.count(),
        cms: Number(row?.count),
      };
    },
    async clearRecords() {
      await cms`truncate files`;
    },
    async close() {
      s3.destroy();
      await cms.end();
    },
  };
}

async function addChunks(chunks: Collection, documentIds: readonly string[]): Promise<void> {
  const all = documentIds.flatMap((document_id) =>
    Array.from({ length: CHUNKS_PER_FILE }, (_, nth) => ({ document_id, nth })),
  );
  await chunks.add({
    ids: all.map(({ document_id, nth }) => `${document_id}-${nth}`),
    embeddings: all.map(({ nth }) => [nth, 1, 2, 3]),
    metadatas: all.map(({ document_id }) => ({ document_id })),
    documents: all.map(({ nth }) => `chunk ${nth}`),
  });
}
