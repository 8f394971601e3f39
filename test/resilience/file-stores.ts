import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { StoreName } from '../../src/stores/store.ts';
import { chromaClient, s3Client } from '../support/store-clients.ts';
import type { System } from '../support/system.ts';

/** What an ingester writes of one generation of a file, and what the stores hold, without our own code. */
export interface FileStores {
  /** Replaces whatever the stores hold of the file. */
  write(documentId: string, generation: number): Promise<void>;
  /** The generations each store holds something of; the CMS record names none, so it counts as `record`. */
  held(documentId: string): Promise<Record<StoreName, string[]>>;
}

const keyOf = (documentId: string) => `life/${documentId}.pdf`;

export async function fileStores({ env, cms }: System, collection: string): Promise<FileStores> {
  const s3 = s3Client(env);
  const chroma = chromaClient(env);
  const chunks = await chroma.createCollection({ name: collection, embeddingFunction: null });
  const object = (documentId: string) => ({ Bucket: env.S3_BUCKET!, Key: keyOf(documentId) });
  return {
    async write(documentId, generation) {
      await chunks.delete({ where: { document_id: documentId } });
      await chunks.add({
        ids: [0, 1].map((nth) => `${documentId}-${generation}-${nth}`),
        embeddings: [0, 1].map((nth) => [nth, 1, generation]),
        metadatas: [0, 1].map(() => ({ document_id: documentId, generation })),
      });
      await s3.send(new PutObjectCommand({ ...object(documentId), Body: `${generation}` }));
      const data = { documentId, name: `${documentId}.pdf`, storage_key: keyOf(documentId) };
      await cms.call('POST', '/api/files', { data }); // refused where there is one already
    },
    async held(documentId) {
      const [body, found, record] = await Promise.all([
        s3.send(new GetObjectCommand(object(documentId))).then(
          ({ Body }) => Body?.transformToString(),
          () => undefined,
        ),
        chunks.get({ where: { document_id: documentId }, include: ['metadatas'] }),
        cms.call('GET', `/api/files/${documentId}`),
      ]);
      return {
        s3: body === undefined ? [] : [body],
        chroma: [...new Set(found.metadatas.map((data) => String(data?.generation)))],
        cms: record.status === 200 ? ['record'] : [],
      };
    },
  };
}
