import type { CmsClient } from './cms-client.ts';
import type { LeftoverStore } from './store.ts';

/** The CMS as a store of leftovers: the file's record. Read first, as a CMS may answer 204 to anything. */
export function cmsStore(client: CmsClient): LeftoverStore {
  return {
    name: 'cms',
    applicable: () => null,
    async remove({ documentId }) {
      if ((await client.file(documentId)) === null) {
        return { removed: 0, detail: 'the CMS has no record of the file' };
      }
      const outcome = await client.deleteFile(documentId);
      return outcome === 'deleted'
        ? { removed: 1, detail: 'the CMS deleted the record' }
        : { removed: 0, detail: 'the record was gone before it could be deleted' };
    },
    remaining: async ({ documentId }) => ((await client.file(documentId)) === null ? 0 : 1),
    check: () => client.check(),
  };
}
