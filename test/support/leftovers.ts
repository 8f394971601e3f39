import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { RunningCms } from './builtin-cms.ts';
import { chromaClient, s3Client } from './store-clients.ts';

/** What a file leaves in the three real stores, put there and read back without Tidings' own code. */
export interface Leftovers {
  /** Chroma collection the chunks go to; the system under test needs its name. */
  collection: string;
  /** Puts an object, three chunks and a CMS record. @returns the object's key */
  put(documentId: string, cms: RunningCms): Promise<string>;
  /** Adds one chunk, as another ingestion would. */
  chunk(documentId: string, name: string): Promise<void>;
  /** Which of the three still hold something of the file. */
  left(documentId: string, cms: RunningCms): Promise<{ s3: boolean; chroma: number; cms: boolean }>;
  close(): Promise<void>;
}

/** The state right after `put`, and after everything was removed. */
export const EVERYTHING = { s3: true, chroma: 3, cms: true };
export const NOTHING = { s3: false, chroma: 0, cms: false };

const keyOf = (documentId: string) => `flows/${documentId}.pdf`;

export async function openLeftovers(env: Record<string, string>): Promise<Leftovers> {
  const Bucket = env.S3_BUCKET!;
  const s3 = s3Client(env);
  const chroma = chromaClient(env);
  const name = `flow-${randomUUID()}`;
  const chunks = await chroma.createCollection({ name, embeddingFunction: null });
  const written: string[] = [];
  return {
    collection: name,
    async put(documentId, cms) {
      const Key = keyOf(documentId);
      written.push(Key);
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'text' }));
      await chunks.add({
        ids: [0, 1, 2].map((nth) => `${documentId}-${nth}`),
        embeddings: [0, 1, 2].map((nth) => [nth, 1, 2]),
        metadatas: [0, 1, 2].map(() => ({ document_id: documentId })),
      });
      const data = { documentId, name: `${documentId}.pdf`, storage_key: Key };
      const reply = await cms.call('POST', '/api/files', { data });
      if (reply.status !== 201) throw new Error(`the CMS answered ${reply.status}`);
      return Key;
    },
    async chunk(documentId, name) {
      const metadatas = [{ document_id: documentId }];
      await chunks.add({ ids: [`${documentId}-${name}`], embeddings: [[9, 9, 9]], metadatas });
    },
    async left(documentId, cms) {
      const Key = keyOf(documentId);
      const object = await s3.send(new HeadObjectCommand({ Bucket, Key })).then(
        () => true,
        () => false,
      );
      const { ids } = await chunks.get({ where: { document_id: documentId }, include: [] });
      const record = await cms.call('GET', `/api/files/${documentId}`);
      return { s3: object, chroma: ids.length, cms: record.status === 200 };
    },
    async close() {
      for (const Key of written) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
      await chroma.deleteCollection({ name });
      s3.destroy();
    },
  };
}
