import { DeleteObjectsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { inPages, inTurn } from './at-once.ts';
import { CHUNKS_PER_FILE, keyOf, type Store, type Stores } from './leftovers.ts';

/**
 * Bare loops over the stores' own clients, by their bulk calls where they have them: the deletes alone,
 * and the deletes between the two questions without which nobody can say what was removed and that it
 * is gone. The second is what proof costs one question at a time; work that overlaps can be faster.
 */

type Loop = (documentIds: readonly string[]) => Promise<void>;

const KEYS_PER_REQUEST = 1000;
/** As many as Tidings names at a time, with the page size of this bench. */
export const CHROMA_FILES = 1000;
const RECORDS_PER_PAGE = 50;
const CMS_AT_ONCE = 10;

export function bareLoops(stores: Stores): Record<'delete' | 'prove', Record<Store, Loop>> {
  const { s3, bucket: Bucket, chunks, askCms } = stores;

  const deleteKeys = (ids: string[]) => {
    const Objects = ids.map((id) => ({ Key: keyOf(id) }));
    return s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
  };
  const listedFrom = async (id: string, MaxKeys: number) => {
    const StartAfter = keyOf(id).slice(0, -1);
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket, StartAfter, MaxKeys }),
    );
    return new Set(Contents.map(({ Key }) => Key));
  };
  const chunksOf = async (ids: string[]) => {
    const where = { document_id: { $in: ids } };
    const found = await chunks.get({ where, include: ['metadatas'] });
    return found.ids;
  };
  const deleteRecord = (id: string) => askCms(`/api/files/${id}`, 'DELETE', 204);
  const recordsOf = async (ids: string[]) => {
    const query = ids.map((id) => `documentId=${id}`).join('&');
    const { data } = (await askCms(`/api/files?${query}&pageSize=100`, 'GET', 200)) as Listed;
    return data.length;
  };

  return {
    delete: {
      s3: (ids) => inPages(ids, KEYS_PER_REQUEST, deleteKeys),
      chroma: (ids) =>
        inPages(ids, CHROMA_FILES, (page) =>
          chunks.delete({ where: { document_id: { $in: page } } }),
        ),
      cms: (ids) => inTurn(ids, CMS_AT_ONCE, deleteRecord),
    },
    prove: {
      s3: (ids) =>
        inPages(ids, KEYS_PER_REQUEST, async (page) => {
          const [first = ''] = page;
          found(page.length, (await listedFrom(first, page.length)).size);
          await deleteKeys(page);
          const left = await listedFrom(first, 1);
          found(0, page.filter((id) => left.has(keyOf(id))).length);
        }),
      chroma: (ids) =>
        inPages(ids, CHROMA_FILES, async (page) => {
          const there = await chunksOf(page);
          found(page.length * CHUNKS_PER_FILE, there.length);
          await chunks.delete({ ids: there });
          found(0, (await chunksOf(page)).length);
        }),
      cms: (ids) =>
        inPages(ids, RECORDS_PER_PAGE * CMS_AT_ONCE, async (some) => {
          const pages: string[][] = [];
          await inPages(some, RECORDS_PER_PAGE, async (page) => pages.push(page));
          for (const page of pages) found(page.length, await recordsOf(page));
          await inTurn(some, CMS_AT_ONCE, deleteRecord);
          for (const page of pages) found(0, await recordsOf(page));
        }),
    },
  };
}

interface Listed {
  data: unknown[];
}

function found(wanted: number, count: number): void {
  if (count !== wanted) throw new Error(`the store holds ${count} of the page, and not ${wanted}`);
}
