import type { FileRecord } from '../contracts/cms.ts';
import { BULK_LIMIT, type CmsClient } from './cms-client.ts';
import { asAnswer, askEach, pagesOf } from './per-file.ts';
import type { LeftoverStore, PerFile, Removal, StoredFile } from './store.ts';
import { StoreError } from './store-error.ts';

type FileClient = Pick<CmsClient, 'file' | 'files' | 'deleteFile' | 'check'>;

/** Questions about single files at a time: the contract knows no bulk delete. */
const AT_ONCE = 10;
/** Characters of document ids in one address; longer addresses are refused on the way. */
const MAX_CHARACTERS = 2000;

const NO_RECORD: Removal = { removed: 0, detail: 'the CMS has no record of the file' };
const CALLED_OFF: Removal = { removed: 0, detail: 'called off before the CMS was asked' };

const documentsOf = (files: readonly StoredFile[]) => files.map(({ documentId }) => documentId);

/**
 * The CMS as a store of leftovers: the file's record. What is there is read before, unless whoever asks
 * has just done so, and after, in pages, as a CMS may answer 204 to anything.
 */
export function cmsStore(client: FileClient): LeftoverStore {
  const remove = async (documentId: string): Promise<Removal> => {
    const outcome = await client.deleteFile(documentId);
    return outcome === 'deleted'
      ? { removed: 1, detail: 'the CMS deleted the record' }
      : { removed: 0, detail: 'the record was gone before it could be deleted' };
  };
  return {
    name: 'cms',
    applicable: () => null,
    async remove(files, mayBegin = async () => true) {
      const unasked = files.filter(({ hasRecord }) => hasRecord === undefined);
      const answers = await readRecords(client, documentsOf(unasked));
      const records = new Map(unasked.map((file, nth) => [file, answers[nth]]));
      return askEach(files, AT_ONCE, async (file) => {
        const record = records.get(file);
        if (record instanceof StoreError) throw record;
        const there = file.hasRecord ?? record !== null;
        if (!there) return NO_RECORD;
        return (await mayBegin(file)) ? remove(file.documentId) : CALLED_OFF;
      });
    },
    async remaining(files) {
      const records = await readRecords(client, documentsOf(files));
      return records.map((record) => {
        if (record instanceof StoreError) return record;
        return record === null ? 0 : 1;
      });
    },
    check: () => client.check(),
  };
}

/** The records of the files, in their order; null for a file the CMS has none of. */
export async function readRecords(
  client: FileClient,
  documentIds: readonly string[],
): Promise<PerFile<FileRecord | null>> {
  const answers: PerFile<FileRecord | null> = [];
  let trouble: StoreError | undefined;
  for (const page of addressable(documentIds)) {
    // One page after the other: a dead CMS costs one time-out and not one per page.
    const read = await (trouble ? everybodys(page, trouble) : readPage(client, page));
    trouble ??= read.filter(isTrouble)[0];
    answers.push(...read);
  }
  return answers;
}

const isTrouble = (answer: unknown): answer is StoreError =>
  answer instanceof StoreError && answer.blames === 'store';

const everybodys = (page: readonly string[], trouble: StoreError): PerFile<FileRecord | null> =>
  page.map(() => trouble);

async function readPage(
  client: FileClient,
  documentIds: readonly string[],
): Promise<PerFile<FileRecord | null>> {
  const records = await client.files(documentIds).catch(asAnswer);
  if (!(records instanceof StoreError)) return documentIds.map((id) => records.get(id) ?? null);
  if (!cannotList(records)) return everybodys(documentIds, records);
  return askEach(documentIds, AT_ONCE, (id) => client.file(id));
}

/** A CMS that serves no such list, or one that is not filtered, can still be asked file by file. */
function cannotList({ blames, code, configuration }: StoreError): boolean {
  return blames === 'file' || code === 404 || (code === 'unexpected body' && !configuration);
}

/** Pages of document ids that fit into one address. */
function addressable(documentIds: readonly string[]): string[][] {
  const longest = documentIds.reduce(
    (most, id) => Math.max(most, encodeURIComponent(id).length),
    1,
  );
  const size = Math.max(1, Math.min(BULK_LIMIT, Math.floor(MAX_CHARACTERS / longest)));
  return pagesOf(documentIds, size);
}
