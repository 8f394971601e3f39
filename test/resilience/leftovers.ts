import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { chromaClient, s3Client } from '../support/store-clients.ts';
import type { System } from '../support/system.ts';

/** What a failed file leaves in all three stores, put there and looked for without our own stores. */
export interface Leftovers {
  put(documentId: string): Promise<{ storage_key: string }>;
  /** The stores that still hold something of the file. */
  left(documentId: string): Promise<string[]>;
}

export async function leftoversOf({ env, cms }: System): Promise<Leftovers> {
  const s3 = s3Client(env);
  const chroma = chromaClient(env);
  const chunks = await chroma.getOrCreateCollection({
    name: env.CHROMA_COLLECTION ?? 'global',
    embeddingFunction: null,
  });
  const key = (documentId: string) => `uploads/${documentId}.pdf`;
  const object = (documentId: string) => ({ Bucket: env.S3_BUCKET!, Key: key(documentId) });
  return {
    async put(documentId) {
      const data = { documentId, name: `${documentId}.pdf`, storage_key: key(documentId) };
      await Promise.all([
        s3.send(new PutObjectCommand({ ...object(documentId), Body: 'text' })),
        chunks.add({
          ids: [`${documentId}-0`, `${documentId}-1`],
          embeddings: [
            [0, 0, 1],
            [0, 1, 0],
          ],
          metadatas: [{ document_id: documentId }, { document_id: documentId }],
        }),
        cms.call('POST', '/api/files', { data }),
      ]);
      return { storage_key: key(documentId) };
    },
    async left(documentId) {
      const held = await Promise.all([
        s3.send(new HeadObjectCommand(object(documentId))).then(
          () => 's3',
          () => null,
        ),
        chunks
          .get({ where: { document_id: documentId } })
          .then(({ ids }) => (ids.length > 0 ? 'chroma' : null)),
        cms
          .call('GET', `/api/files/${documentId}`)
          .then(({ status }) => (status === 404 ? null : 'cms')),
      ]);
      return held.filter((store) => store !== null);
    },
  };
}
