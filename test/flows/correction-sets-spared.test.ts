import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { correctionSetLab, keyOf, names, s3Error } from '../support/correction-set-lab.ts';
import { EVERYTHING } from '../support/leftovers.ts';
import { documentId, event, failure, person } from '../support/system.ts';
import { until } from '../support/until.ts';

/** What a set of corrections spares: files that somebody else has, or that succeed before their turn. */

const lab = correctionSetLab();
const { start, startWithS3, fail, tasks, release, ended } = lab;

it('keeps what lies below the key of another file that has not failed', async () => {
  const s3 = await startWithS3({ S3_SLASH_KEYS: 'prefix' });
  const parts = ['lib/one/page-1', 'lib/one/page-2', 'lib/one/sub/x', 'lib/one/sub/y'];
  for (const key of [...parts, 'lib/one-more', 'lib/two/x']) s3.put(key);
  await lab.system.push(event(person(), documentId(), { storage_key: 'lib/one/' }));
  // Slashes alone are no folder.
  await lab.system.push(event(person(), documentId(), { storage_key: '/' }));
  await lab.system.applied();
  const keys = ['lib/one/page-1', 'lib/one/sub/', 'lib/one-more', 'lib/two/'];
  const documents = names(keys.length);
  await lab.system.push(
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
  const storage_key = await lab.leftovers.put(document, lab.system.cms);
  await lab.system.cms.call('PUT', `/api/files/${document}`, { data: change });
  await fail([document], { storage_key });
  await release(1);
  const [task] = await ended(1, 'cancelled');
  expect(task?.cancel_reason).toContain(reason);
  expect(await lab.leftovers.left(document, lab.system.cms)).toEqual(EVERYTHING);
});

describe('a store that takes its time over a set', () => {
  const ada = person();
  const at = { occurred_at: '2026-01-01T10:00:00Z' };

  /** One of the files succeeds, and the store goes on more than a second later. */
  async function overtake(document: string): Promise<void> {
    await lab.system.push(event(ada, document));
    await lab.system.applied();
    await pause(1100);
  }
  const mended = async (document: string) =>
    (await tasks()).find((task) => task.file_document_id === document);

  it('deletes no record of a file that succeeded long before its turn', async () => {
    await start();
    const documents = names(30);
    for (const id of documents)
      await lab.system.cms.call('POST', '/api/files', { data: { documentId: id, name: id } });
    const error = { category: 'file_not_found', message: 'NoSuchKey' };
    await lab.system.push(...documents.map((id) => failure(ada, id, { error, ...at })));
    const { cms } = lab.system.deps;
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
    expect((await lab.system.cms.call('GET', `/api/files/${document}`)).status).toBe(200);
    expect(await mended(document)).toMatchObject({ status: 'cancelled', conflict: false });
  });

  it.each([
    ['prefixes', 6, { S3_SLASH_KEYS: 'prefix' }, '/'],
    ['versions', 120, { S3_PURGE: 'versions' }, ''],
  ])('removes no %s of such a file', async (_what, count, env, end) => {
    const s3 = await startWithS3(env);
    const documents = names(count);
    for (const id of documents) s3.put(keyOf(id) + end + (end && 'page'));
    await lab.system.push(
      ...documents.map((id) =>
        failure(ada, id, { error: s3Error, storage_key: keyOf(id) + end, ...at }),
      ),
    );
    const { s3: store } = lab.system.deps.stores;
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
