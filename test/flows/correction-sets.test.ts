import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EVERYTHING, type Leftovers, NOTHING, openLeftovers } from '../support/leftovers.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { stackEnv } from '../support/stack-env.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Many corrections at once: they share the stores' bulk calls and nothing else. */

const closing: (() => Promise<unknown>)[] = [];
let leftovers: Leftovers;
let system: System;
beforeEach(async () => {
  leftovers = await openLeftovers(stackEnv());
  closing.push(() => leftovers.close());
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Corrections wait until `release`, so that they are due together. */
async function start(env: Record<string, string> = {}): Promise<void> {
  const waiting = {
    AUTO_CORRECTION_DELAY_SECONDS: '3600',
    CHROMA_COLLECTION: leftovers.collection,
  };
  system = await startSystem({ env: { ...waiting, ...env } });
  closing.push(() => system.stop());
}

async function startWithS3(env: Record<string, string> = {}): Promise<S3Server> {
  const s3 = await startS3Server(false);
  closing.push(s3.close);
  await start({ S3_ENDPOINT: s3.url, S3_BUCKET: s3.bucket, ...env });
  return s3;
}

const names = (count: number) => Array.from({ length: count }, () => documentId());
const keyOf = (document: string) => `sets/${document}.pdf`;
const s3Error = { category: 's3_error', message: 'AccessDenied' };
const fail = (documents: string[], more: object = { error: s3Error }) =>
  system.push(...documents.map((id) => failure(person(), id, { storage_key: keyOf(id), ...more })));

interface Task {
  file_document_id: string;
  status: string;
  attempts: number;
  cancel_reason: string | null;
  error_during_correction: string | null;
  s3_cleanup_completed: boolean;
  not_applicable: Record<string, string>;
}
const tasks = () => system.deps.db.sql<Task[]>`select * from auto_correction_tasks order by id`;

/** Makes all corrections due at the same moment. */
async function release(count: number): Promise<void> {
  await until('all corrections are there', async () => (await tasks()).length === count);
  await system.deps.db.sql`update auto_correction_tasks set run_at = now()`;
}
const ended = (count: number, status = 'completed') =>
  until(`${count} corrections are ${status}`, async () => {
    const all = await tasks();
    return all.filter((task) => task.status === status).length === count && all;
  });

it('removes from all three stores, proves each file and logs what each store said', async () => {
  await start();
  const documents = names(12);
  for (const document of documents) await leftovers.put(document, system.cms);
  await fail(documents, { storage_key: undefined });
  await release(12);
  await ended(12);
  for (const document of documents)
    expect(await leftovers.left(document, system.cms)).toEqual(NOTHING);
  const { body } = await system.call('GET', `/api/corrections?file_document_id=${documents[0]}`);
  const log: { action: string; result: string; detail: string }[] = body.data[0].execution_log;
  expect(log.map(({ action, result }) => [action, result])).toEqual([
    ['chroma_delete', 'proven'],
    ['s3_delete', 'proven'],
    ['cms_delete', 'proven'],
  ]);
  expect(log[0]?.detail).toContain('removed 3');
});

it('asks object storage a few times for hundreds of files', async () => {
  const s3 = await startWithS3();
  const documents = names(300);
  for (const document of documents) s3.put(keyOf(document));
  await fail(documents);
  await release(300);
  await ended(300);
  expect(s3.objects.size).toBe(0);
  expect(s3.asked.filter((asked) => asked === 'POST delete').length).toBeLessThan(30);
});

it('lets one refused file wait and fail alone', async () => {
  const s3 = await startWithS3({ MAX_CORRECTION_ATTEMPTS: '2' });
  const documents = names(8);
  for (const document of documents) s3.put(keyOf(document));
  s3.refused.set(keyOf(documents[3]!), 'AccessDenied');
  await fail(documents);
  await release(8);
  await ended(7);
  const all = await ended(1, 'failed');
  const failed = all.find(({ status }) => status === 'failed');
  expect(failed).toMatchObject({ file_document_id: documents[3], attempts: 2 });
  expect(failed?.error_during_correction).toContain('AccessDenied');
  expect([...s3.objects.keys()]).toEqual([keyOf(documents[3]!)]);
});

it('takes a set apart when one task brings it down', async () => {
  const s3 = await startWithS3();
  const documents = names(5);
  for (const document of documents) s3.put(keyOf(document));
  const { s3: store } = system.deps.stores;
  system.deps.stores.s3 = {
    ...store,
    remove: (files) => {
      if (files.some(({ documentId: id }) => id === documents[2])) throw new Error('a defect');
      return store.remove(files);
    },
  };
  await fail(documents);
  await release(5);
  const all = await ended(4);
  expect([...s3.objects.keys()]).toEqual([keyOf(documents[2]!)]);
  expect(all.find((task) => task.file_document_id === documents[2])?.status).not.toBe('failed');
});

it('waits out a throttled store without losing an attempt', async () => {
  const s3 = await startWithS3();
  const documents = names(5);
  for (const document of documents) s3.put(keyOf(document));
  s3.trouble = { status: 503, code: 'SlowDown' };
  await fail(documents);
  await release(5);
  await until('all wait', async () => {
    const all = await tasks();
    return all.every(({ error_during_correction }) =>
      error_during_correction?.includes('SlowDown'),
    );
  });
  expect((await tasks()).every(({ attempts }) => attempts <= 1)).toBe(true);
  s3.trouble = null;
  const all = await ended(5);
  expect(all.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1]);
});

it.each(['ExpiredToken', 'PermanentRedirect', 'NoSuchBucket'])(
  'tells an operator of %s once, and goes on when it is put right',
  async (code) => {
    const operator = person('operator');
    const s3 = await startWithS3({ OPERATOR_EMAIL: operator });
    s3.trouble = { status: 400, code };
    const documents = names(3);
    for (const document of documents) s3.put(keyOf(document));
    await fail(documents);
    await release(3);
    const [alert] = await system.mails(operator);
    expect(alert?.subject).toContain('A store refuses');
    expect(alert?.text).toContain(code);
    s3.trouble = null;
    await ended(3);
    expect(await system.inbox(operator)).toHaveLength(1);
  },
);

it('keeps to the rate of a store', async () => {
  const s3 = await startWithS3({ STORE_RATE_LIMITS: 's3=4/m' });
  const documents = names(10);
  for (const document of documents) s3.put(keyOf(document));
  await fail(documents);
  await release(10);
  await until('the others are told to wait', async () => {
    const all = await tasks();
    const waiting = all.filter(({ error_during_correction: why }) => why?.includes('rate limit'));
    return waiting.length === 6 && all.filter(({ status }) => status === 'completed').length === 4;
  });
  expect(s3.objects.size).toBe(6);
  expect((await tasks()).filter(({ status }) => status === 'pending')).toMatchObject(
    Array.from({ length: 6 }, () => ({ attempts: 0, s3_cleanup_completed: false })),
  );
});

it('keeps what lies below the key of another file that has not failed', async () => {
  const s3 = await startWithS3({ S3_SLASH_KEYS: 'prefix' });
  const parts = ['lib/one/page-1', 'lib/one/page-2', 'lib/one/sub/x', 'lib/one/sub/y'];
  for (const key of [...parts, 'lib/one-more', 'lib/two/x']) s3.put(key);
  await system.push(event(person(), documentId(), { storage_key: 'lib/one/' }));
  // Slashes alone are no folder.
  await system.push(event(person(), documentId(), { storage_key: '/' }));
  await system.applied();
  const keys = ['lib/one/page-1', 'lib/one/sub/', 'lib/one-more', 'lib/two/'];
  const documents = names(keys.length);
  await system.push(
    ...documents.map((id, nth) =>
      failure(person(), id, { storage_key: keys[nth], error: s3Error }),
    ),
  );
  await release(keys.length);
  const all = await ended(keys.length);
  expect([...s3.objects.keys()]).toEqual(parts);
  const kept = { s3_delete: expect.stringContaining('another file that has not failed') };
  const byDocument = new Map(all.map((task) => [task.file_document_id, task.not_applicable]));
  expect(documents.map((id) => byDocument.get(id))).toEqual([kept, kept, {}, {}]);
});

it.each([
  [{ storage_key: 'elsewhere.pdf' }, 'names another object'],
  [{ processing_metadata: { status: 'success' } }, 'says that it succeeded'],
  [{ processing_metadata: { generation: 99 } }, 'newer generation'],
])('removes nothing where the CMS record tells %j', async (change, reason) => {
  await start();
  const document = documentId();
  const storage_key = await leftovers.put(document, system.cms);
  await system.cms.call('PUT', `/api/files/${document}`, { data: change });
  await fail([document], { storage_key });
  await release(1);
  const [task] = await ended(1, 'cancelled');
  expect(task?.cancel_reason).toContain(reason);
  expect(await leftovers.left(document, system.cms)).toEqual(EVERYTHING);
});

describe('a store that takes its time over a set', () => {
  const ada = person();
  const at = { occurred_at: '2026-01-01T10:00:00Z' };

  /** One of the files succeeds, and the store goes on more than a second later. */
  async function overtake(document: string): Promise<void> {
    await system.push(event(ada, document));
    await system.applied();
    await pause(1100);
  }
  const mended = async (document: string) =>
    (await tasks()).find((task) => task.file_document_id === document);

  it('deletes no record of a file that succeeded long before its turn', async () => {
    await start();
    const documents = names(30);
    for (const id of documents)
      await system.cms.call('POST', '/api/files', { data: { documentId: id, name: id } });
    const error = { category: 'file_not_found', message: 'NoSuchKey' };
    await system.push(...documents.map((id) => failure(ada, id, { error, ...at })));
    const { cms } = system.deps;
    const { deleteFile } = cms;
    const asked = new Set<string>();
    let overtaken: Promise<string> | undefined;
    const whenTenAreAsked = async () => {
      await until('ten are asked for', () => asked.size === 10);
      const document = documents.find((id) => !asked.has(id)) ?? '';
      await overtake(document);
      return document;
    };
    cms.deleteFile = async (id) => {
      asked.add(id);
      overtaken ??= whenTenAreAsked();
      await overtaken;
      return deleteFile(id);
    };
    await release(30);
    await ended(29);
    const document = (await overtaken) ?? '';
    expect(asked.has(document)).toBe(false);
    expect((await system.cms.call('GET', `/api/files/${document}`)).status).toBe(200);
    expect(await mended(document)).toMatchObject({ status: 'cancelled', conflict: false });
  });

  it.each([
    ['prefixes', 6, { S3_SLASH_KEYS: 'prefix' }, '/'],
    ['versions', 120, { S3_PURGE: 'versions' }, ''],
  ])('removes no %s of such a file', async (_what, count, env, end) => {
    const s3 = await startWithS3(env);
    const documents = names(count);
    for (const id of documents) s3.put(keyOf(id) + end + (end && 'page'));
    await system.push(
      ...documents.map((id) =>
        failure(ada, id, { error: s3Error, storage_key: keyOf(id) + end, ...at }),
      ),
    );
    const { s3: store } = system.deps.stores;
    const { remove } = store;
    let document = '';
    store.remove = (files, mayBegin) => {
      const first = new Set(files.map(({ documentId: id }) => id));
      document ||= documents.find((id) => !first.has(id)) ?? documents.at(-1) ?? '';
      return remove(files, mayBegin);
    };
    let overtaken: Promise<void> | undefined;
    s3.onDelete = () => {
      overtaken ??= overtake(document);
      return overtaken;
    };
    await release(count);
    await ended(count - 1);
    expect([...s3.objects.keys()]).toEqual([keyOf(document) + end + (end && 'page')]);
    expect(await mended(document)).toMatchObject({ status: 'cancelled', conflict: false });
  });
});
