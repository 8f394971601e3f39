import { afterEach, expect, it } from 'vitest';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { documentId, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/**
 * Undo on a versioned bucket, where a removal may mean every version of an object, and on one that others
 * write to meanwhile.
 */

let s3: S3Server;
let system: System;
async function start(S3_PURGE: 'marker' | 'versions', more: object = {}): Promise<void> {
  s3 = await startS3Server(true, 3);
  const env = {
    S3_ENDPOINT: s3.url,
    S3_BUCKET: s3.bucket,
    S3_PURGE,
    CORRECTION_QUARANTINE_DAYS: '7',
    MAX_CORRECTION_ATTEMPTS: '9',
    ...more,
  };
  system = await startSystem({ env });
}
afterEach(async () => {
  await system.stop();
  await s3.close();
});

const current = (key: string) => {
  const newest = s3.objects.get(key)?.at(-1);
  return newest && !newest.marker ? newest.body?.toString() : null;
};
const versions = (key: string) => (s3.objects.get(key) ?? []).filter(({ marker }) => !marker);
const kept = () => [...s3.objects.keys()].filter((key) => key.startsWith('tidings-quarantine/'));

const detail = async (id: number) => (await system.call('GET', `/api/corrections/${id}`)).body.data;

/** An object with two older versions, and a failure of its file. @returns the object's key */
async function failed(document: string): Promise<string> {
  const storage_key = `in/${document}.pdf`;
  for (const body of ['oldest', 'older', 'newest']) s3.put(storage_key, body);
  const error = { category: 's3_error', message: 'AccessDenied' };
  await system.push(failure(person(), document, { storage_key, error }));
  return storage_key;
}
const corrected = (document: string) =>
  until('the correction is done', async () => {
    const query = `file_document_id=${document}&status=completed`;
    const [task] = (await system.call('GET', `/api/corrections?${query}`)).body.data;
    return task && detail(task.id);
  });
async function restored(id: number): Promise<void> {
  expect((await system.call('POST', `/api/corrections/${id}/restore`)).status).toBe(202);
  await until('it is restored', async () => (await detail(id)).restore.status === 'completed');
}
async function expire(id: number): Promise<void> {
  await system.deps.db.sql`
    update correction_quarantines set expires_at = now() where correction_id = ${id}`;
  await until('it is purged', async () =>
    (await detail(id)).quarantine.every(({ state }: { state: string }) => state === 'purged'),
  );
}

it('every version goes, after the newest was saved; that one comes back, and the others do not', async () => {
  await start('versions');
  const document = documentId();
  let saved = false;
  s3.onDelete = async () => {
    const copies = kept().filter((key) => current(key) === 'newest');
    if (current(`in/${document}.pdf`) !== null) saved = copies.length === 1;
  };
  const key = await failed(document);
  const { id, quarantine } = await corrected(document);
  expect(saved).toBe(true);
  expect(quarantine).toMatchObject([{ store: 's3', state: 'held', items: 1 }]);
  expect(s3.objects.has(key)).toBe(false);
  await restored(id);
  expect(versions(key).map(({ body }) => body?.toString())).toEqual(['newest']);
  expect(current(key)).toBe('newest');
  await expire(id);
  expect(kept()).toEqual([]);
  expect(current(key)).toBe('newest');
});

it('a removal that stops half-way does not make an older version the one that comes back', async () => {
  await start('versions');
  const document = documentId();
  const locked = `in/${document}.pdf`;
  s3.onDelete = async () => {
    for (const { id } of versions(locked).slice(0, 2)) s3.refused.set(id, 'AccessDenied');
    s3.onDelete = async () => {};
  };
  const key = await failed(document);
  await until('the newest is gone, and others are locked', async () => {
    const [task] = (await system.call('GET', `/api/corrections?file_document_id=${document}`)).body
      .data;
    return task?.attempts >= 2 && versions(key).length === 2;
  });
  expect(current(key)).toBeNull();
  s3.refused.clear();
  const { id } = await corrected(document);
  expect(s3.objects.has(key)).toBe(false);
  await restored(id);
  expect(current(key)).toBe('newest');
});

it('where a marker is enough, older versions stay below what comes back; expiry leaves markers', async () => {
  await start('marker');
  const document = documentId();
  const key = await failed(document);
  const { id } = await corrected(document);
  expect(current(key)).toBeNull();
  await restored(id);
  const bodies = versions(key).map(({ body }) => body?.toString());
  expect(bodies).toEqual(['oldest', 'older', 'newest', 'newest']);
  const copies = kept();
  await expire(id);
  expect(copies.length).toBeGreaterThan(0);
  expect(copies.map(current)).toEqual(copies.map(() => null));
  expect(kept()).toEqual(copies);
});

it.each([
  ['keeps the condition', 'kept', 'b'],
  ['ignores the condition', 'ignored', 'a'],
  ['does not know the condition', 'unknown', 'a'],
] as const)(
  'overwrites nothing that is written while objects are put back, where S3 %s',
  async (_what, ifNoneMatch, during) => {
    await start('marker', { S3_SLASH_KEYS: 'prefix', CORRECTION_RETRY_BASE_SECONDS: '1' });
    s3.ifNoneMatch = ifNoneMatch;
    const document = documentId();
    const storage_key = `in/${document}/`;
    for (const name of ['a', 'b', 'c']) s3.put(storage_key + name, `old ${name}`);
    const error = { category: 's3_error', message: 'AccessDenied' };
    await system.push(failure(person(), document, { storage_key, error }));
    const { id } = await corrected(document);
    // All were looked at by then, and found missing.
    s3.onCopy = (key) => {
      if (key !== storage_key + during) return;
      s3.put(`${storage_key}b`, 'newer');
      s3.onCopy = () => {};
    };
    expect((await system.call('POST', `/api/corrections/${id}/restore`)).status).toBe(202);
    const restore = await until('the restore has ended', async () => {
      const { status, reason } = (await detail(id)).restore;
      return status !== 'pending' && status !== 'processing' && { status, reason };
    });
    const reason = 'something newer stands in s3; parts may have been put back before that';
    expect(restore).toEqual({ status: 'failed', reason });
    expect(versions(`${storage_key}b`).at(-1)?.body?.toString()).toBe('newer');
    expect(versions(`${storage_key}b`)).toHaveLength(2);
  },
);

it('puts objects back where S3 does not know the condition', async () => {
  await start('marker');
  s3.ifNoneMatch = 'unknown';
  const document = documentId();
  const key = await failed(document);
  const { id } = await corrected(document);
  await restored(id);
  expect(current(key)).toBe('newest');
  expect(system.deps.stores.s3.rests()).toBe(false);
});

it('takes an object that vanishes while it is saved for what it is, not for a missing bucket', async () => {
  const OPERATOR_EMAIL = person('operator');
  await start('marker', { OPERATOR_EMAIL, CORRECTION_RETRY_BASE_SECONDS: '1' });
  const document = documentId();
  s3.onCopy = () => {
    s3.objects.delete(`in/${document}.pdf`);
    s3.onCopy = () => {};
  };
  await failed(document);
  const { execution_log } = await corrected(document);
  expect(execution_log.at(-2)).toMatchObject({ action: 's3_delete', count: 0 });
  expect(system.deps.stores.s3.rests()).toBe(false);
  expect(await system.deps.db.sql`select from email_notification_log`).toHaveLength(0);
});
