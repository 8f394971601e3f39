import { expect, it } from 'vitest';
import { storedFile } from '../../test/support/one-file.ts';
import { cmsStore } from './cms.ts';

/** A CMS that has records of some files, and notes what it is asked. */
function cmsOf(...documentIds: string[]) {
  const there = new Set(documentIds);
  const asked: string[] = [];
  const store = cmsStore({
    file: async (id) => (there.has(id) ? { documentId: id } : null),
    async files(ids) {
      asked.push(`list ${ids.join()}`);
      return new Map(ids.filter((id) => there.has(id)).map((id) => [id, { documentId: id }]));
    },
    async deleteFile(id) {
      asked.push(`delete ${id}`);
      return there.delete(id) ? 'deleted' : 'gone';
    },
    check: async () => {},
  });
  return { store, asked };
}

it('asks only for the records nobody has asked for just now', async () => {
  const { store, asked } = cmsOf('known', 'unknown');
  const files = [
    { ...storedFile('known'), hasRecord: true },
    { ...storedFile('absent'), hasRecord: false },
    storedFile('unknown'),
  ];
  const removed = await store.remove(files);
  expect(removed).toMatchObject([{ removed: 1 }, { removed: 0 }, { removed: 1 }]);
  expect(asked.sort()).toEqual(['delete known', 'delete unknown', 'list unknown']);
});

it('counts no record that went between the question and the delete', async () => {
  const { store } = cmsOf();
  const file = { ...storedFile('d'), hasRecord: true };
  expect(await store.remove([file])).toMatchObject([{ removed: 0 }]);
});

it('reads the store back whatever was known before', async () => {
  const { store } = cmsOf('late');
  const file = { ...storedFile('late'), hasRecord: false };
  expect(await store.remove([file])).toMatchObject([{ removed: 0 }]);
  expect(await store.remaining([file])).toEqual([1]);
});
