import { z } from 'zod';
import { fileRecord } from '../contracts/cms.ts';
import { pageMeta } from '../contracts/cms-lists.ts';
import { type CmsConfig, cmsService } from './cms-service.ts';
import { ask, fitting, wrongAddress } from './http.ts';
import { patiently } from './patiently.ts';
import { StoreError } from './store-error.ts';

/** A file record as a list of the CMS tells of it. */
export interface ListedRecord {
  documentId: string;
  storageKey: string | null;
  /** When it was last written; one that does not say is as new as can be. */
  writtenAt: Date;
}

/** Reads all file records of the CMS, without keeping them. */
export interface RecordList {
  /**
   * Every record, page by page, some of them twice.
   * @param known how many different ones have been taken so far
   * @throws StoreError, also when the list shows to have left some out
   */
  pages(known: () => Promise<number>): AsyncGenerator<ListedRecord[]>;
}

/** The longest page the contract allows. */
const PAGE_SIZE = 100;
/** Times the end of the list is read again for what was added meanwhile. */
const CATCHES = 5;

const moment = z.iso.datetime({ offset: true }).nullish();
const listAnswer = z.object({
  data: z.array(fileRecord.extend({ createdAt: moment, updatedAt: moment })),
  meta: pageMeta,
});

/** Reads the records of the CMS that is configured. */
export function recordList(config: CmsConfig): RecordList {
  const cms = cmsService(config);
  const read = async (page: number) => {
    const path = `/api/files?page=${page}&pageSize=${PAGE_SIZE}`;
    const question = { operation: 'list file records', path };
    const answer = await patiently(() => ask(cms, question));
    if (answer.absent) throw wrongAddress(cms, question);
    const { data, meta } = fitting(listAnswer, answer.body, cms, question);
    const records = data.map(({ documentId, storage_key, createdAt, updatedAt }): ListedRecord => {
      const written = updatedAt ?? createdAt;
      return {
        documentId,
        storageKey: storage_key ?? null,
        writtenAt: written ? new Date(written) : new Date(),
      };
    });
    const { pageCount, total } = meta.pagination;
    return { records, pageCount, total };
  };
  return {
    async *pages(known) {
      let { pageCount, total } = await read(1);
      // Oldest first, read from the end: what is deleted meanwhile moves the rest towards the pages
      // still to be read.
      for (let page = pageCount; page >= 1; page -= 1) {
        const answer = await read(page);
        total = answer.total;
        yield answer.records;
      }
      // What was added meanwhile stands at the end.
      for (let catches = 0; (await known()) < total; catches += 1) {
        if (catches === CATCHES) throw leftOut();
        for (let page = Math.max(1, pageCount); ; page += 1) {
          const answer = await read(page);
          [pageCount, total] = [answer.pageCount, answer.total];
          yield answer.records;
          if (page >= pageCount) break;
        }
      }
    },
  };
}

function leftOut(): StoreError {
  return new StoreError({
    store: 'cms',
    operation: 'list file records',
    code: 'incomplete list',
    configuration: false,
    advice: 'its pages hold fewer records than it counts; they have to come oldest first',
  });
}
