import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { S3_SETTINGS, storedFile } from '../../test/support/one-file.ts';
import { type S3Server, startS3Server } from '../../test/support/s3-server.ts';
import { s3Store } from './s3.ts';
import type { LeftoverStore } from './store.ts';

/** What a real small server cannot be made to do; the rest is tried against one in the flows. */

const file = storedFile('d', 'folder/name.pdf');
const closing: (() => unknown)[] = [];

async function serverOf(versioned: boolean, more: object = {}, pageSize?: number) {
  const server = await startS3Server(versioned, pageSize);
  const store = s3Store({ ...S3_SETTINGS, ...more, S3_ENDPOINT: server.url });
  closing.push(store.close!, server.close);
  return { server, store };
}
afterAll(async () => {
  for (const close of closing) await close();
});

describe('a versioned bucket', () => {
  it('hides the object and keeps its versions, and says so', async () => {
    const { server, store } = await serverOf(true);
    server.put('folder/name.pdf');
    server.put('folder/name.pdf');
    expect(await store.remove([file])).toEqual([
      { removed: 1, detail: 'the bucket is versioned: a delete marker hides the object' },
    ]);
    expect(await store.remaining([file])).toEqual([0]);
    expect(server.objects.get('folder/name.pdf')).toHaveLength(3);
  });

  it('is purged of every version and marker, over several pages, and of nothing beside', async () => {
    const { server, store } = await serverOf(true, { S3_PURGE: 'versions' }, 3);
    const files = Array.from({ length: 7 }, (_, nth) => storedFile(`d${nth}`, `a/${nth}`));
    for (const { storageKey } of files)
      for (let nth = 0; nth < 5; nth += 1) server.put(storageKey!);
    server.put('a/3.bak');
    expect(await store.remaining(files)).toEqual(files.map(() => 5));
    expect(await store.remove(files)).toMatchObject(files.map(() => ({ removed: 5 })));
    expect([...server.objects.keys()]).toEqual(['a/3.bak']);
    expect(await store.remaining(files)).toEqual(files.map(() => 0));
  });

  it.each(['folder/name.pdf', 'folder/'])('never shows an older version of %s', async (key) => {
    const more = { S3_PURGE: 'versions', S3_SLASH_KEYS: 'prefix' };
    const { server, store } = await serverOf(true, more, 2);
    for (const body of ['old', 'older', 'new']) server.put('folder/name.pdf', body);
    server.put('folder/one.pdf');
    const shown = new Set<string | undefined>();
    server.onDelete = async () => {
      const newest = server.objects.get('folder/name.pdf')?.at(-1);
      shown.add(newest?.marker ? 'a marker' : newest?.body?.toString());
    };
    server.refused.set('v2', 'AccessDenied');
    const stored = storedFile('d', key);
    expect(await store.remove([stored])).toMatchObject([{ code: 'AccessDenied' }]);
    expect(server.objects.get('folder/name.pdf')?.at(-1)).toMatchObject({ marker: true });
    server.refused.clear();
    await store.remove([stored]);
    expect(await store.remaining([stored])).toEqual([0]);
    expect([...shown]).toEqual(['new', 'a marker']);
  });

  it('below a prefix counts what was there, and not the markers it makes', async () => {
    const more = { S3_PURGE: 'versions', S3_SLASH_KEYS: 'prefix' };
    for (const versioned of [true, false]) {
      const { server, store } = await serverOf(versioned, more, 2);
      for (const key of ['a', 'a', 'b', 'b', 'b', 'c']) server.put(`lib/${key}`);
      const count = [...server.objects.values()].flat().length;
      expect(await store.remove([storedFile('d', 'lib/')])).toMatchObject([{ removed: count }]);
      expect(server.objects.size).toBe(0);
    }
  });

  it('has a leftover as long as a marker is there', async () => {
    const { server, store } = await serverOf(true, { S3_PURGE: 'versions' });
    server.objects.set('folder/name.pdf', [{ id: 'v1', marker: true }]);
    expect(await store.remaining([file])).toEqual([1]);
  });
});

describe('many objects', () => {
  let server: S3Server;
  let store: LeftoverStore;
  beforeAll(async () => {
    ({ server, store } = await serverOf(false, { S3_SLASH_KEYS: 'prefix' }));
  });
  beforeEach(() => {
    server.objects.clear();
    server.asked.length = 0;
  });

  it('go with few requests, and are proven gone with few', async () => {
    const files = Array.from({ length: 1200 }, (_, nth) => storedFile(`d${nth}`, `up/${nth}`));
    for (const { storageKey } of files) server.put(storageKey!);
    server.put('up/1200');
    expect(await store.remove(files)).toMatchObject(files.map(() => ({ removed: 1 })));
    expect(await store.remaining(files)).toEqual(files.map(() => 0));
    expect([...server.objects.keys()]).toEqual(['up/1200']);
    expect(server.asked.length).toBeLessThan(12);
  });

  it('below a key that ends in a slash are all removed, more than a page of them', async () => {
    for (let nth = 0; nth < 2500; nth += 1) server.put(`lib/d/${nth}`);
    server.put('lib/dd');
    const folder = storedFile('d', 'lib/d/');
    expect(await store.remove([folder, storedFile('e', 'lib/e')])).toMatchObject([
      { removed: 2500 },
      { removed: 0 },
    ]);
    expect(await store.remaining([folder])).toEqual([0]);
    expect([...server.objects.keys()]).toEqual(['lib/dd']);
  });

  it.each(['/', '//', '///'])('are never removed below %s', (key) => {
    expect(store.applicable(storedFile('d', key))).toContain('everything in the bucket');
  });

  it('are one object where the key is none but that', async () => {
    const { server: other, store: plain } = await serverOf(false);
    other.put('lib/');
    other.put('lib/a');
    expect(await plain.remove([storedFile('d', 'lib/')])).toMatchObject([{ removed: 1 }]);
    expect([...other.objects.keys()]).toEqual(['lib/a']);
  });

  it('lying apart are asked for one by one, and none is overlooked', async () => {
    for (let nth = 0; nth < 1500; nth += 1) server.put(`m${nth}`);
    const files = ['a', 'm1', 'm5', 'z1', 'z2', 'z3', 'z4'].map((key) => storedFile(key, key));
    server.put('z3');
    const answers = await store.remaining(files);
    expect(answers).toEqual([0, 1, 1, 0, 0, 1, 0]);
  });
});

describe('a page that is empty although more is to come', () => {
  const KINDS = [
    ['objects', {}, 'lib/a'],
    ['objects below a prefix', { S3_SLASH_KEYS: 'prefix' }, 'lib/'],
    ['versions', { S3_PURGE: 'versions' }, 'lib/a'],
    ['versions below a prefix', { S3_PURGE: 'versions', S3_SLASH_KEYS: 'prefix' }, 'lib/'],
  ] as const;

  it.each(KINDS)('is followed to the %s', async (_what, more, key) => {
    const { server, store } = await serverOf(true, more);
    server.put('lib/a');
    server.gaps = { count: 3, sayWhere: true };
    expect(await store.remaining([storedFile('d', key)])).toEqual([1]);
    server.gaps.count = 3;
    expect(await store.remove([storedFile('d', key)])).toMatchObject([{ removed: 1 }]);
    server.gaps.count = 3;
    expect(await store.remaining([storedFile('d', key)])).toEqual([0]);
  });

  it.each(KINDS)('proves nothing of %s where it does not say where', async (_what, more, key) => {
    const { server, store } = await serverOf(true, more);
    server.put('lib/a');
    server.gaps = { count: 1, sayWhere: false };
    const expected = { name: 'StoreError', code: 'empty page', configuration: false };
    expect(await store.remaining([storedFile('d', key)])).toMatchObject([expected]);
  });
});

describe('refusals', () => {
  it('of one key are its own', async () => {
    const { server, store } = await serverOf(false);
    for (const key of ['a', 'b', 'c']) server.put(key);
    server.refused.set('b', 'AccessDenied');
    const answers = await store.remove(['a', 'b', 'c'].map((key) => storedFile(key, key)));
    expect(answers).toMatchObject([
      { removed: 1 },
      { name: 'StoreError', code: 'AccessDenied', blames: 'file' },
      { removed: 1 },
    ]);
  });

  it.each([
    [503, 'SlowDown', { configuration: false, blames: 'store' }],
    [400, 'ExpiredToken', { configuration: true, blames: 'store' }],
    [403, 'InvalidAccessKeyId', { configuration: true, blames: 'store' }],
    [301, 'PermanentRedirect', { configuration: true, blames: 'store' }],
    [400, 'AuthorizationHeaderMalformed', { configuration: true, blames: 'store' }],
    [404, 'NoSuchBucket', { configuration: true, blames: 'store' }],
    [501, 'NotImplemented', { configuration: true, blames: 'store' }],
    [400, 'MalformedXML', { configuration: false, blames: 'file' }],
  ])('%i %s is told by its name', async (status, code, expected) => {
    const { server, store } = await serverOf(false);
    server.trouble = { status, code };
    const files = ['a', 'b', 'c', 'd', 'e'].map((key) => storedFile(key, key));
    const answers = await store.remove(files);
    expect(answers).toMatchObject(files.map(() => ({ name: 'StoreError', ...expected })));
    if (expected.configuration) expect(answers[0]).toMatchObject({ code });
  });
});
