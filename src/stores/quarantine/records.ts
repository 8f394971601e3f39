import { isDeepStrictEqual } from 'node:util';
import { type FileRecord, fileRecord } from '../../contracts/cms.ts';
import type { CmsClient } from '../cms-client.ts';
import { compareEach, type Keeper } from './keeper.ts';

/** The CMS: the file's record, with the fields of the contract. */
export function recordKeeper(client: Pick<CmsClient, 'file' | 'createFile'>): Keeper {
  const recordOf = (line: string) => fileRecord.parse(JSON.parse(line).record);
  return {
    async *read({ documentId }) {
      const record = await client.file(documentId);
      if (record) yield [JSON.stringify({ id: documentId, record })];
    },
    compare: (things) =>
      compareEach(things, async ({ id, line }) => {
        const standing = await client.file(id);
        if (!standing) return 'missing';
        return isDeepStrictEqual(essence(standing), essence(recordOf(line))) ? 'same' : 'newer';
      }),
    async add(things) {
      for (const { line } of things) await client.createFile(recordOf(line));
    },
    others: async () => 0,
  };
}

/** Without what we write into a record ourselves; absent and null mean the same. */
function essence({ notification_sent, last_notification_batch, ...fields }: FileRecord) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));
}
