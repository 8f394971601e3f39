import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { ChromaClient, Collection } from 'chromadb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chromaStore } from '../../src/stores/chroma.ts';
import { objectKeeper } from '../../src/stores/quarantine/objects.ts';
import { s3Store } from '../../src/stores/s3.ts';
import { openBucket } from '../../src/stores/s3-bucket.ts';
import type { LeftoverStore, StoredFile } from '../../src/stores/store.ts';
import { httpDouble } from '../support/http-double.ts';
import { oneFile, S3_SETTINGS, STORE_DEFAULTS, storedFile } from '../support/one-file.ts';
import { stackEnv } from '../support/stack-env.ts';
import { chromaClient, s3Client } from '../support/store-clients.ts';

/** What the stores remove from real servers, and what they say of it. */

const env = stackEnv();
const s3 = {
  ...S3_SETTINGS,
  S3_ENDPOINT: env.S3_ENDPOINT,
  S3_BUCKET: env.S3_BUCKET!,
  AWS_REGION: env.AWS_REGION ?? 'us-east-1',
  AWS_ACCESS_KEY_ID: env.AWS_ACCESS_KEY_ID,
  AWS_SECRET_ACCESS_KEY: env.AWS_SECRET_ACCESS_KEY,
};

/** Every question of the store; each must fail in the same way. */
async function expectRefusals(store: LeftoverStore, expected: object): Promise<void> {
  const file = storedFile('d', 'k');
  const { check, remove, remaining } = oneFile(store);
  for (const question of [check, () => remove(file), () => remaining(file)]) {
    await expect(question()).rejects.toMatchObject({ name: 'StoreError', ...expected });
  }
}

describe('object storage', () => {
  const bucket = s3Store(s3);
  const store = oneFile(bucket);
  const quarantined = openBucket(s3);
  const origin = { place: `quarantine-${randomUUID()}/`, collection: null };
  const writer = s3Client(env);
  const put = (Key: string) =>
    writer.send(new PutObjectCommand({ Bucket: s3.S3_BUCKET, Key, Body: 'text' }));
  const has = (Key: string) =>
    writer.send(new HeadObjectCommand({ Bucket: s3.S3_BUCKET, Key })).then(
      () => true,
      () => false,
    );
  afterAll(async () => {
    await bucket.close?.();
    quarantined.close();
    writer.destroy();
  });

  it.each(['plain.pdf', 'Ünï cödé +%41 & (1)#?.pdf'])(
    'removes %s and nothing beside it',
    async (name) => {
      const key = `${randomUUID()}/${name}`;
      const file = storedFile('d', key);
      await put(key);
      await put(`${key}.bak`);
      expect(await store.remaining(file)).toBe(1);
      expect(await store.remove(file)).toMatchObject({ removed: 1 });
      expect(await has(key)).toBe(false);
      expect(await has(`${key}.bak`)).toBe(true);
      expect(await store.remaining(file)).toBe(0);
      expect(await store.remove(file)).toMatchObject({ removed: 0 });
    },
  );

  it.each([
    ['another bucket', (bucket: string, key: string) => `../${bucket}/${key}`],
    ['another bucket, from a folder', (bucket: string, key: string) => `a/../../${bucket}/${key}`],
    ['another object', (_: string, key: string) => `./${key}`],
    ['another object, over a folder', (_: string, key: string) => `a/../${key}`],
    ['another object, over nothing', (_: string, key: string) => `/${key}`],
  ])('is not led to %s by a key', async (_, keyTo) => {
    // The server of these tests keeps objects as files and follows such keys.
    const [Bucket, key] = [`other-${randomUUID()}`, `${randomUUID()}.pdf`];
    await writer.send(new CreateBucketCommand({ Bucket }));
    await writer.send(new PutObjectCommand({ Bucket, Key: key, Body: 'of somebody else' }));
    await put(key);
    await put(`a/${key}`);
    const file = storedFile('d', keyTo(Bucket, key));
    const saved = objectKeeper(quarantined, 'object').read(file, origin);
    for await (const objects of saved) expect(objects).toEqual([]);
    expect(await store.remove(file)).toMatchObject({ removed: 0 });
    expect(await store.remaining(file)).toBe(0);
    expect(await has(key)).toBe(true);
    await expect(writer.send(new HeadObjectCommand({ Bucket, Key: key }))).resolves.toMatchObject({
      ContentLength: 16,
    });
  });

  it('misses none where the server lists folder by folder, or longer names first', async () => {
    const own = randomUUID();
    const there = Array.from({ length: 40 }, (_, nth) => `${own}/a/${10 + nth}`);
    const late = [`${own}/a-b/1`, `${own}/a`, `${own}/a-b/1-2`];
    for (const key of [...there, ...late]) await put(key);
    const files = [...there, ...late].map((key, nth) => storedFile(`d${nth}`, key));
    expect(await bucket.remaining(files)).toEqual(files.map(() => 1));
    expect(await bucket.remove(files)).toMatchObject(files.map(() => ({ removed: 1 })));
    expect(await bucket.remaining(files)).toEqual(files.map(() => 0));
  });

  it('has nothing to do for a file without a storage key', () => {
    expect(bucket.applicable(storedFile('d'))).toBe('no storage key is known');
    expect(bucket.applicable(storedFile('d', 'k'))).toBeNull();
  });

  it('takes a missing bucket for a mistake, never for an absence', async () => {
    const elsewhere = s3Store({ ...s3, S3_BUCKET: `missing-${randomUUID()}` });
    await expectRefusals(elsewhere, { configuration: true });
    await elsewhere.close?.();
    await expect(store.check()).resolves.toBeUndefined();
  });

  it('takes refused credentials for a mistake', async () => {
    const refused = s3Store({ ...s3, AWS_ACCESS_KEY_ID: 'nobody' });
    const question = oneFile(refused).remaining(storedFile('d', 'k'));
    await expect(question).rejects.toMatchObject({
      configuration: true,
      code: 'InvalidAccessKeyId',
    });
    await expect(question).rejects.not.toThrow(/nobody/);
    await refused.close?.();
  });
});

describe('vector store', () => {
  const name = `flow-${randomUUID()}`;
  const config = {
    ...STORE_DEFAULTS,
    CHROMA_URL: env.CHROMA_URL!,
    CHROMA_COLLECTION: name,
  };
  const store = oneFile(chromaStore(config));
  let chroma: ChromaClient;
  let chunks: Collection;

  beforeAll(async () => {
    chroma = chromaClient(env);
    chunks = await chroma.createCollection({ name, embeddingFunction: null });
  });
  afterAll(() => chroma.deleteCollection({ name }));

  async function write(documentId: string, count: number): Promise<StoredFile> {
    const all = Array.from({ length: count }, (_, i) => i);
    await chunks.add({
      ids: all.map((i) => `${documentId}-${i}`),
      embeddings: all.map((i) => [i, 1, 2]),
      metadatas: all.map(() => ({ document_id: documentId })),
    });
    return storedFile(documentId);
  }

  it('removes every chunk of the file, over several pages, and no other', async () => {
    const warned = vi.spyOn(console, 'warn');
    const file = await write(randomUUID(), 1_000);
    const other = await write(randomUUID(), 3);
    expect(await store.remaining(file)).toBe(300);
    expect(await store.remove(file)).toMatchObject({ removed: 1_000 });
    expect(await store.remaining(file)).toBe(0);
    expect(await store.remaining(other)).toBe(3);
    expect(await chunks.count()).toBe(3);
    expect(await store.remove(file)).toMatchObject({ removed: 0 });
    expect(warned).not.toHaveBeenCalled();
  });

  it('takes a missing collection for a mistake, and does not create it', async () => {
    const missing = `missing-${randomUUID()}`;
    const elsewhere = chromaStore({ ...config, CHROMA_COLLECTION: missing });
    await expectRefusals(elsewhere, { configuration: true });
    await expect(chroma.getCollection({ name: missing })).rejects.toThrow();
    await expect(store.check()).resolves.toBeUndefined();
  });
});

describe('nothing listens', () => {
  const expected = { code: 'ECONNREFUSED', configuration: false };
  let dead: string;

  beforeAll(async () => {
    const closed = await httpDouble(() => {});
    await closed.close();
    dead = closed.url;
  });

  it('object storage says so and may be asked again', async () => {
    const store = s3Store({ ...s3, S3_ENDPOINT: dead });
    await expectRefusals(store, expected);
    await store.close?.();
  });

  it('the vector store says so and may be asked again', async () => {
    const config = { CHROMA_URL: dead, CHROMA_COLLECTION: 'global' };
    await expectRefusals(chromaStore({ ...STORE_DEFAULTS, ...config }), expected);
  });
});
