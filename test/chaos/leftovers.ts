import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Sql } from '../../src/db/client.ts';
import { s3Client } from '../support/store-clients.ts';
import { until } from '../support/until.ts';
import type { ChaosFile, Store } from './stories.ts';

/** What ingestion puts into the three stores, and what is found there; by ways without faults. */
export interface Leftovers {
  /** Puts an object, a chunk and a record of each file, again where one is missing. */
  put(files: ChaosFile[]): Promise<void>;
  /** The files each store holds something of, by document. */
  held(): Promise<Record<Store, Set<string>>>;
  close(): void;
}

/**
 * @param env the variables that name the three stores
 * @param cmsDatabase the built-in CMS's own
 */
export async function openLeftovers(
  env: Record<string, string>,
  cmsDatabase: Sql,
): Promise<Leftovers> {
  const client = s3Client(env);
  const Bucket = env.S3_BUCKET;
  const collections = `${env.CHROMA_URL}/api/v2/tenants/default_tenant/databases/default_database/collections`;
  const { id } = (await (await fetch(`${collections}/${env.CHROMA_COLLECTION}`)).json()) as {
    id: string;
  };

  async function chroma(operation: string, body: object): Promise<unknown> {
    const response = await fetch(`${collections}/${id}/${operation}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`chroma ${operation}: ${response.status}`);
    return response.json();
  }

  /** The CMS lives on the same database server and shares its troubles. */
  const register = ({ document, storageKey }: ChaosFile) =>
    until(
      `the CMS has a record of ${document}`,
      async () => {
        const data = { documentId: document, name: document, storage_key: storageKey };
        const response = await fetch(`${env.CMS_API_URL}/api/files`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${env.CMS_API_TOKEN}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ data }),
          signal: AbortSignal.timeout(3000),
        }).catch(() => null);
        await response?.text();
        return response?.status === 201 || response?.status === 409;
      },
      60_000,
    );

  return {
    async put(files) {
      for (const file of files) {
        await client.send(new PutObjectCommand({ Bucket, Key: file.storageKey, Body: 'text' }));
        await register(file);
      }
      if (files.length === 0) return;
      await chroma('upsert', {
        ids: files.map(({ document }) => `${document}-0`),
        embeddings: files.map(() => [1, 0, 0]),
        documents: files.map(() => 'text'),
        metadatas: files.map(({ document }) => ({ document_id: document })),
      });
    },
    async held() {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
      const chunks = (await chroma('get', { include: ['metadatas'], limit: 10_000 })) as {
        metadatas: { document_id: string }[];
      };
      const records = await cmsDatabase<{ document_id: string }[]>`select document_id from files`;
      return {
        s3: new Set(Contents.map(({ Key = '' }) => /chaos\/(.+)\.pdf/.exec(Key)?.[1] ?? Key)),
        chroma: new Set(chunks.metadatas.map((metadata) => metadata.document_id)),
        cms: new Set(records.map((row) => row.document_id)),
      };
    },
    close: () => client.destroy(),
  };
}
