import {
  DeleteObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ChromaClient, type Collection } from 'chromadb';
import postgres from 'postgres';

/** What failed files leave in the three stores, without any of Tidings' own code. */

export const CHUNKS_PER_FILE = 3;
const COLLECTION = 'bench';
/** Questions to one store at a time. */
const AT_ONCE = 10;

export interface Leftovers {
  collection: string;
  /** Puts three chunks and a record of each file, and an object where asked: those take their time. */
  put(documentIds: readonly string[], withObjects: boolean): Promise<void>;
  /** Objects, chunks and records there are in all. */
  count(): Promise<{ s3: number; chroma: number; cms: number }>;
  /** Bare loops of the deletes Tidings does, each by the store's bulk call where it has one. */
  bare: Record<'s3' | 'chroma' | 'cms', (documentIds: readonly string[]) => Promise<void>>;
  close(): Promise<void>;
}

export const keyOf = (documentId: string) => `bench/${documentId}.pdf`;

/** @param env the variables of the running parts, with the database of the built-in CMS */
export async function openLeftovers(env: Record<string, string>): Promise<Leftovers> {
  const Bucket = env.S3_BUCKET ?? '';
  const s3 = new S3Client({
    endpoint: env.S3_ENDPOINT,
    region: env.AWS_REGION,
    forcePathStyle: true,
    credentials: {
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
    },
  });
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
    collection: COLLECTION,
    async put(documentIds, withObjects) {
      await Promise.all([
        inTurn(withObjects ? documentIds : [], AT_ONCE, (id) =>
          s3.send(new PutObjectCommand({ Bucket, Key: keyOf(id), Body: 'text' })),
        ),
        inPages(documentIds, 500, (page) => addChunks(chunks, page)),
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
    bare: {
      s3: (documentIds) =>
        inPages(documentIds, 1000, (page) => {
          const Objects = page.map((id) => ({ Key: keyOf(id) }));
          return s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
        }),
      chroma: (documentIds) =>
        inPages(documentIds, 200, (page) =>
          chunks.delete({ where: { document_id: { $in: page } } }),
        ),
      cms: (documentIds) =>
        inTurn(documentIds, AT_ONCE, async (id) => {
          const { status } = await fetch(`${env.CMS_API_URL}/api/files/${id}`, {
            method: 'DELETE',
            headers: { authorization: `Bearer ${env.CMS_API_TOKEN}` },
          });
          if (status !== 204) throw new Error(`the CMS answered ${status}`);
        }),
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

async function inPages<Item>(
  items: readonly Item[],
  size: number,
  work: (page: Item[]) => Promise<unknown>,
): Promise<void> {
  for (let at = 0; at < items.length; at += size) await work(items.slice(at, at + size));
}

async function inTurn<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const keepGoing = async () => {
    for (let at = next++; at < items.length; at = next++) await work(items[at] as Item);
  };
  await Promise.all(Array.from({ length: atOnce }, keepGoing));
}
