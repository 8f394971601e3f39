import type { LeftoverStore, PerFile, StoredFile } from '../../src/stores/store.ts';
import { StoreError } from '../../src/stores/store-error.ts';

/** Settings of the stores as they are where nobody sets them. */
export const STORE_DEFAULTS = {
  S3_PURGE: 'marker',
  S3_SLASH_KEYS: 'object',
  CHROMA_TENANT: 'default_tenant',
  CHROMA_DATABASE: 'default_database',
  CHROMA_TOKEN: undefined,
  CHROMA_TOKEN_HEADER: 'authorization',
  CHROMA_PAGE_SIZE: 300,
  STORE_TIMEOUT_SECONDS: 10,
} as const;

/** The same with a bucket on a server that takes every credential; where it is, is the test's. */
export const S3_SETTINGS = {
  ...STORE_DEFAULTS,
  S3_BUCKET: 'bucket',
  S3_FORCE_PATH_STYLE: true,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: undefined,
} as const;

/** For questions to a server that is silent on purpose; others wait as long as usual. */
export const IMPATIENT = { STORE_TIMEOUT_SECONDS: 1 };

/** A file of company 1 and bot 2. */
export const storedFile = (documentId: string, storageKey: string | null = null): StoredFile => {
  return { documentId, storageKey, companyId: 1, botId: 2 };
};

/** A store asked about one file at a time; what went wrong with it is thrown. */
export function oneFile(store: LeftoverStore) {
  return {
    remove: async (file: StoredFile) => only(await store.remove([file])),
    remaining: async (file: StoredFile) => only(await store.remaining([file])),
    check: store.check,
  };
}

function only<Answer>(answers: PerFile<Answer>): Answer {
  const [answer] = answers;
  if (answers.length !== 1 || answer === undefined) throw new Error('one file, one answer');
  if (answer instanceof StoreError) throw answer;
  return answer;
}
