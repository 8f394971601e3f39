import { randomUUID } from 'node:crypto';
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditStores } from '../../src/workers/audit-stores.ts';
import { stackEnv } from '../support/stack-env.ts';
import { chromaClient, s3Client } from '../support/store-clients.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Files of which something is left in more than one place of a store: all of it goes, once. */

const env = stackEnv();
const Bucket = env.S3_BUCKET!;
const prefix = `several-${randomUUID()}`;
const s3 = s3Client(env);
const chroma = chromaClient(env);
let system: System;
beforeAll(async () => {
  for (const company of [1, 2])
    await chroma.createCollection({ name: `${prefix}-${company}`, embeddingFunction: null });
  system = await startSystem({
    env: {
      CHROMA_COLLECTION: `${prefix}-{company_id}`,
      CORRECTION_QUARANTINE_DAYS: '30',
      AUDIT_STORES_PREFIX: prefix,
      AUDIT_STORES_GRACE_MINUTES: '0',
      CORRECTION_SECOND_LOOK_SECONDS: '0',
    },
  });
});
afterAll(async () => {
  await system.stop();
  for (const company of [1, 2]) await chroma.deleteCollection({ name: `${prefix}-${company}` });
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: prefix }));
  for (const { Key } of Contents) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  s3.destroy();
});

let ada: string;
let document: string;
beforeEach(() => {
  ada = person();
  document = documentId();
});

const keyOf = (nth: number) => `${prefix}/${document}-${nth}.pdf`;
const put = (nth: number) =>
  s3.send(new PutObjectCommand({ Bucket, Key: keyOf(nth), Body: `text ${nth}` }));
const remove = (nth: number) => s3.send(new DeleteObjectCommand({ Bucket, Key: keyOf(nth) }));
const isThere = (nth: number) =>
  s3.send(new HeadObjectCommand({ Bucket, Key: keyOf(nth) })).then(
    () => true,
    () => false,
  );
const objects = async () => [await isThere(1), await isThere(2), await isThere(3)];
const collectionOf = (company: number) => chroma.getCollection({ name: `${prefix}-${company}` });
const embed = async (company: number) =>
  (await collectionOf(company)).add({
    // The same ids in both, as an ingester counts its chunks.
    ids: [0, 1].map((nth) => `${document}-${nth}`),
    embeddings: [0, 1].map((nth) => [nth, company, 1]),
    metadatas: [0, 1].map(() => ({ document_id: document })),
  });
const chunksIn = async (company: number) =>
  (await (await collectionOf(company)).get({ where: { document_id: document }, include: [] })).ids
    .length;
const chunks = async () => [await chunksIn(1), await chunksIn(2)];

const tasks = async () =>
  (await system.call('GET', `/api/corrections?file_document_id=${document}`)).body.data;
const completed = (count = 1) =>
  until(`${count} corrections are completed`, async () => {
    const all = await tasks();
    const done = all.filter(({ status }: { status: string }) => status === 'completed');
    return done.length === count && all;
  });
const detail = async (id: number) => (await system.call('GET', `/api/corrections/${id}`)).body.data;
const at = (seconds: number) => new Date(Date.now() - 60_000 + seconds * 1000).toISOString();
const failed = (nth: number, more: object = {}) =>
  failure(ada, document, { storage_key: keyOf(nth), occurred_at: at(nth), ...more });

describe('a file that failed under several keys', () => {
  it('leaves none of its objects, though its failures were applied together', async () => {
    await Promise.all([put(1), put(2)]);
    await system.push(failed(1), failed(2));
    const [task] = await completed();
    expect(await objects()).toEqual([false, false, false]);
    const { execution_log } = await detail(task.id);
    const [step] = execution_log.filter(({ action }: never) => action === 's3_delete');
    expect(step).toMatchObject({ result: 'proven', count: 2 });
  });

  it('nor where a progress event named the other', async () => {
    await Promise.all([put(1), put(2)]);
    const uploading = { processing_stage: 'storage', status: 'processing' };
    await system.push(
      event(ada, document, { ...uploading, storage_key: keyOf(1), occurred_at: at(1) }),
      failed(2),
    );
    await completed();
    expect(await objects()).toEqual([false, false, false]);
  });

  it('nor one that a late event names when its correction was done', async () => {
    await Promise.all([put(1), put(2)]);
    await system.push(failed(2));
    await completed();
    expect(await objects()).toEqual([true, false, false]);
    await system.push(failed(1));
    await until('the other object is gone', async () => !(await isThere(1)));
    const [task] = await completed();
    expect(task.completed_at).not.toBeNull();
  });

  it('nor where no event had named one before', async () => {
    await put(1);
    await system.push(failed(2, { storage_key: undefined }));
    await completed();
    await system.push(failed(1));
    await until('the object is gone', async () => !(await isThere(1)));
    await completed();
  });

  it('keeps what had succeeded before, and what another file is stored under', async () => {
    await Promise.all([put(1), put(2), put(3)]);
    const other = documentId('other');
    await system.push(event(ada, document, { storage_key: keyOf(1), occurred_at: at(1) }));
    await system.push(event(person(), other, { storage_key: keyOf(2) }));
    await system.applied();
    await system.push(failed(2), failed(3));
    await completed();
    expect(await objects()).toEqual([true, true, false]);
    await remove(1);
  });

  it('goes on where its record names any of them', async () => {
    await Promise.all([put(1), put(2)]);
    const data = { documentId: document, name: 'a.pdf', storage_key: keyOf(1) };
    expect((await system.cms.call('POST', '/api/files', { data })).status).toBe(201);
    await system.push(failed(1), failed(2));
    await completed();
    expect(await objects()).toEqual([false, false, false]);
    expect((await system.cms.call('GET', `/api/files/${document}`)).status).toBe(404);
  });

  it('is known to the audit of the stores by all of them', async () => {
    await system.push(failed(1), failed(2));
    await completed();
    await Promise.all([put(1), put(2)]);
    const { signal } = new AbortController();
    const options = { trigger: 'command', fix: true, examples: 10, signal } as const;
    const report = await until('it is looked at again', async () => {
      const found = await auditStores(system.deps, options);
      return found?.corrections_created ? found : null;
    });
    expect(report.findings).toEqual([
      { kind: 'leftover_object', count: 2, fixable: 2, examples: [keyOf(1), keyOf(2)] },
    ]);
    expect(report.corrections_created).toBe(1);
    await completed(2);
    expect(await objects()).toEqual([false, false, false]);
  });

  it('is restored whole', async () => {
    await Promise.all([put(1), put(2)]);
    await system.push(failed(1), failed(2));
    const [task] = await completed();
    expect((await system.call('POST', `/api/corrections/${task.id}/restore`)).status).toBe(202);
    await until(
      'it is restored',
      async () => (await detail(task.id)).restore.status === 'completed',
    );
    expect(await objects()).toEqual([true, true, false]);
    for (const nth of [1, 2]) await s3.send(new DeleteObjectCommand({ Bucket, Key: keyOf(nth) }));
  });
});

describe('a document of two companies with a collection each', () => {
  it('leaves chunks in neither, and all of them are restored', async () => {
    await Promise.all([embed(1), embed(2)]);
    const bob = person('bob');
    await system.push(failure(ada, document), failure(bob, document, { company_id: 2 }));
    const [task] = await completed();
    expect(await chunks()).toEqual([0, 0]);
    const { execution_log } = await detail(task.id);
    const [step] = execution_log.filter(({ action }: never) => action === 'chroma_delete');
    expect(step).toMatchObject({ result: 'proven', count: 4 });
    expect((await system.call('POST', `/api/corrections/${task.id}/restore`)).status).toBe(202);
    await until(
      'it is restored',
      async () => (await detail(task.id)).restore.status === 'completed',
    );
    expect(await chunks()).toEqual([2, 2]);
    for (const company of [1, 2])
      await (await collectionOf(company)).delete({ where: { document_id: document } });
  });

  it.each([
    ['applied together', true],
    ['while the first one waits', false],
  ])('leaves nothing of what either failure calls for, %s', async (_when, together) => {
    await Promise.all([embed(1), embed(2), put(1)]);
    const storage_key = keyOf(1);
    const error = { category: 'storage_error', message: 'upsert failed' };
    const first = failure(ada, document, { error, storage_key });
    const second = failure(person('bob'), document, { company_id: 2, storage_key });
    const { config } = system.deps;
    config.AUTO_CORRECTION_DELAY_SECONDS = 3600;
    await (together ? system.push(first, second) : system.push(first));
    await system.applied();
    if (!together) await system.push(second);
    await system.applied();
    config.AUTO_CORRECTION_DELAY_SECONDS = 0;
    await system.deps.db.sql`
      update auto_correction_tasks set run_at = now() where file_document_id = ${document}`;
    const [task, ...more] = await completed();
    expect(more).toEqual([]);
    expect(task.correction_actions).toEqual(['chroma_delete', 's3_delete', 'cms_delete']);
    expect([await chunks(), await isThere(1)]).toEqual([[0, 0], false]);
  });

  it('leaves nothing where the second failed while the first one’s correction was at work', async () => {
    const { config, db } = system.deps;
    config.AUTO_CORRECTION_DELAY_SECONDS = 3600;
    await system.push(failure(ada, document));
    await system.applied();
    await db.sql`
      update auto_correction_tasks set status = 'processing', removal_began_at = now(),
        chroma_cleanup_completed = true, lease_token = gen_random_uuid(),
        lease_expires_at = now() + interval '1 hour'
      where file_document_id = ${document}`;
    await embed(2);
    await system.push(failure(person('bob'), document, { company_id: 2 }));
    await system.applied();
    config.AUTO_CORRECTION_DELAY_SECONDS = 0;
    // Its worker died, and another one takes over.
    await db.sql`
      update auto_correction_tasks set run_at = now(), lease_expires_at = now()
      where file_document_id = ${document}`;
    const [{ id }] = await completed();
    await db.sql`
      update correction_second_looks set look_at = now() where correction_id = ${id}`;
    await until('the chunks are gone', async () => (await chunksIn(2)) === 0);
    expect(await completed()).toHaveLength(1);
  });
});
