import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { cmsClient } from '../../src/stores/cms-client.ts';
import { quarantineOver } from '../../src/stores/quarantine/open.ts';
import type { Quarantine, SavedPart } from '../../src/stores/quarantine/quarantine.ts';
import type { StoreName } from '../../src/stores/store-error.ts';
import { emptyDatabase, type RunningCms, runCms, TOKEN } from '../support/builtin-cms.ts';
import { type ChromaHttp, openChroma } from '../support/chroma-http.ts';
import { stackEnv } from '../support/stack-env.ts';
import { s3Client } from '../support/store-clients.ts';

/** What is saved from real stores, and that exactly this comes back. */

let s3: S3Client;
let chroma: ChromaHttp;
let cms: RunningCms;
let database: Awaited<ReturnType<typeof emptyDatabase>>;
let quarantine: Quarantine;
let Bucket: string;

beforeAll(async () => {
  database = await emptyDatabase();
  cms = await runCms(database.url);
  const own = { CMS_API_URL: cms.url, CMS_API_TOKEN: TOKEN, S3_SLASH_KEYS: 'prefix' };
  const env = { ...stackEnv(), ...own };
  const config = loadConfig(env);
  Bucket = config.S3_BUCKET;
  s3 = s3Client(env);
  chroma = await openChroma(config.CHROMA_URL);
  const plain = { watch: <Answer>(question: () => Promise<Answer>) => question() };
  const watchers = { s3: plain, chroma: plain, cms: plain };
  quarantine = quarantineOver(config, cmsClient(config), watchers);
});
afterAll(async () => {
  quarantine.close();
  s3.destroy();
  await chroma.drop();
  await cms.close();
  await database.drop();
});

let file: { documentId: string; storageKey: string };
let place: string;
beforeEach(() => {
  const documentId = randomUUID();
  file = { documentId, storageKey: `quarantine-test/${documentId} Ünï (1).pdf` };
  place = `tidings-quarantine/${randomUUID()}/`;
});

const origin = (store: StoreName, at = place) => ({
  collection: store === 'chroma' ? chroma.name : null,
  place: at,
});
async function saved(store: StoreName, at?: string): Promise<SavedPart> {
  const part = await quarantine.save(store, file, origin(store, at));
  if (!part) throw new Error('nothing was saved');
  return part;
}

describe('objects', () => {
  const put = (Key: string, Body: Buffer | string) =>
    s3.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body,
        ContentType: 'application/x-berth',
        Metadata: { owner: 'quay-7' },
      }),
    );
  async function read(Key: string) {
    const { Body, ContentType, Metadata } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const bytes = await Body!.transformToByteArray();
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { sha256, ContentType, Metadata };
  }
  const emptied = async (key: string) => quarantine.purge(key);

  it('come back byte for byte, with type and metadata', async () => {
    await put(file.storageKey, randomBytes(3_000_000));
    const before = await read(file.storageKey);
    const part = await saved('s3');
    expect(await quarantine.inspect([part], file)).toEqual({ same: 1, missing: 0, newer: 0 });
    await emptied(file.storageKey);
    expect(await quarantine.inspect([part], file)).toEqual({ same: 0, missing: 1, newer: 0 });
    expect(await quarantine.putBack([part])).toEqual({ written: 1, same: 0 });
    expect(await quarantine.putBack([part])).toEqual({ written: 0, same: 1 });
    expect(await read(file.storageKey)).toEqual(before);
  });

  it('never overwrite a newer one', async () => {
    await put(file.storageKey, 'old');
    const part = await saved('s3');
    await put(file.storageKey, 'new');
    const newer = await read(file.storageKey);
    expect(await quarantine.inspect([part], file)).toMatchObject({ newer: 1 });
    await expect(quarantine.putBack([part])).rejects.toThrow('something else stands');
    expect(await read(file.storageKey)).toEqual(newer);
  });

  it('of a whole prefix are saved together, and one more below it is newer', async () => {
    file.storageKey = `quarantine-test/${randomUUID()}/`;
    await Promise.all(['a', 'b/c', 'd'].map((name) => put(file.storageKey + name, name)));
    const part = await saved('s3');
    expect(part.lines).toBe(3);
    await emptied(file.storageKey);
    await put(`${file.storageKey}e`, 'e');
    expect(await quarantine.inspect([part], file)).toEqual({ same: 0, missing: 3, newer: 1 });
  });

  it('that are not there leave nothing behind in the quarantine', async () => {
    expect(await quarantine.save('s3', file, origin('s3'))).toBeNull();
    expect(await quarantine.purge(place)).toBe(0);
  });

  it('are purged with everything beside them', async () => {
    await put(file.storageKey, 'text');
    const part = await saved('s3');
    expect(await quarantine.purge(place)).toBe(2);
    await expect(quarantine.inspect([part], file)).rejects.toThrow('s3');
  });
});

describe('chunks', () => {
  const vector = (values: number[]) =>
    JSON.stringify(Buffer.from(Float32Array.from(values).buffer).toString('base64'));

  it('come back with vectors, documents and metadata as they were, types included', async () => {
    const odd = [0.1, 1 / 3, -0, 1e-42, 3.4028234e38, 1].map(Math.fround);
    await chroma.add(
      `{"ids":["${file.documentId}-a","${file.documentId}-b"],
        "embeddings":[${vector(odd)},${vector([1, 2, 3, 4, 5, 6])}],
        "documents":["\\u2028 \\"metadatas\\":[ \\ud83d\\ude00",null],"uris":[null,"s3://b"],
        "metadatas":[{"document_id":"${file.documentId}","page":1.0,"count":1,"big":9007199254740993},
                     {"document_id":"${file.documentId}","on":true}]}`,
    );
    const before = await chroma.raw(file.documentId);
    expect(before.text).toMatch(/"page":1\.0[,}]/);
    const part = await saved('chroma');
    await chroma.remove(file.documentId);
    expect(await quarantine.inspect([part], file)).toEqual({ same: 0, missing: 2, newer: 0 });
    expect(await quarantine.putBack([part])).toEqual({ written: 2, same: 0 });
    const after = await chroma.raw(file.documentId);
    expect(after.fields).toEqual(before.fields);
    expect(after.vectors).toEqual(before.vectors);
  });

  it('by the ten thousands are saved and put back in pages, also what a crash left half done', async () => {
    const count = 6_000;
    await chroma.fill(file.documentId, count, 6);
    const before = await chroma.digest(file.documentId);
    const part = await saved('chroma');
    expect(part.lines).toBe(count);
    await chroma.remove(file.documentId, 3_500);
    expect(await quarantine.inspect([part], file)).toEqual({
      same: 2_500,
      missing: 3_500,
      newer: 0,
    });
    expect(await quarantine.putBack([part])).toEqual({ written: 3_500, same: 2_500 });
    expect(await chroma.digest(file.documentId)).toEqual(before);
  }, 60_000);

  it('never mix with a newer set, whether under the same ids or others', async () => {
    await chroma.fill(file.documentId, 3, 6);
    const part = await saved('chroma');
    await chroma.remove(file.documentId);
    await chroma.fill(file.documentId, 1, 6, 'other');
    expect(await quarantine.inspect([part], file)).toEqual({ same: 0, missing: 3, newer: 1 });
    await chroma.remove(file.documentId);
    await chroma.fill(file.documentId, 2, 6);
    expect(await quarantine.inspect([part], file)).toEqual({ same: 0, missing: 1, newer: 2 });
    await expect(quarantine.putBack([part])).rejects.toThrow('something else stands');
  });

  it('saved twice come back as they were last', async () => {
    await chroma.fill(file.documentId, 2, 6);
    const first = await saved('chroma', `${place}1/`);
    await chroma.remove(file.documentId);
    await chroma.fill(file.documentId, 3, 6);
    const second = await saved('chroma', `${place}2/`);
    const before = await chroma.digest(file.documentId);
    await chroma.remove(file.documentId);
    expect(await quarantine.putBack([second, first])).toEqual({ written: 3, same: 0 });
    expect(await chroma.digest(file.documentId)).toEqual(before);
  });
});

describe('records', () => {
  const record = () => cms.call('GET', `/api/files/${file.documentId}`);

  it('come back under their own id', async () => {
    const data = {
      documentId: file.documentId,
      name: 'berths.csv',
      storage_key: file.storageKey,
      company: 7,
      bot: 2,
      processing_metadata: { pages: 3, tags: ['a'] },
    };
    await cms.call('POST', '/api/files', { data });
    const before = (await record()).body.data;
    const part = await saved('cms');
    await cms.call('DELETE', `/api/files/${file.documentId}`);
    expect(await quarantine.putBack([part])).toEqual({ written: 1, same: 0 });
    const { id: _id, createdAt: _c, updatedAt: _u, ...kept } = before;
    expect((await record()).body.data).toMatchObject(kept);
    expect(await quarantine.inspect([part], file)).toEqual({ same: 1, missing: 0, newer: 0 });
    await cms.call('PUT', `/api/files/${file.documentId}`, { data: { name: 'newer.csv' } });
    expect(await quarantine.inspect([part], file)).toEqual({ same: 0, missing: 0, newer: 1 });
  });
});

it('a damaged part is refused before anything is written', async () => {
  await chroma.fill(file.documentId, 2, 6);
  const part = await saved('chroma');
  await chroma.remove(file.documentId);
  const wrong = { ...part, sha256: '0'.repeat(64) };
  await expect(quarantine.inspect([wrong], file)).rejects.toThrow('checksum');
});
