import type { StoreError, StoreName } from './store-error.ts';

export type { StoreName };

/** The one contract of every store a failed file may have left something in. */

export interface StoredFile {
  documentId: string;
  /** Key of the object in the bucket; null where neither event nor CMS record named one. */
  storageKey: string | null;
  /** Whose file it is; null where the producer who asked did not say. */
  companyId: number | null;
  botId: number | null;
  /** Whether the CMS had a record of it when it was asked just now; absent where it was not asked. */
  hasRecord?: boolean;
}

export interface Removal {
  /** What was found and removed: objects, chunks or records. No proof; `remaining` is. */
  removed: number;
  /** What the store said, without personal data. */
  detail: string;
}

/** One answer for each file asked about, in their order: one file's failure is not its neighbour's. */
export type PerFile<Answer> = (Answer | StoreError)[];

/** Asked right before the removal of a file begins; false where it must not begin any more. */
export type MayBegin = (file: StoredFile) => Promise<boolean>;

/** A store works on sets of files, by its own bulk calls. */
export interface LeftoverStore {
  name: StoreName;
  /** Why there is nothing to ask this store about the file; null where there is. */
  applicable(file: StoredFile): string | null;
  /**
   * Removes what the store holds of the files. Safe to repeat; nothing found is no error.
   * @param mayBegin asked before each file by a store that knows no bulk call
   */
  remove(files: readonly StoredFile[], mayBegin?: MayBegin): Promise<PerFile<Removal>>;
  /** The read-back: how much the store still holds of each file. 0 is proof that it is gone. */
  remaining(files: readonly StoredFile[]): Promise<PerFile<number>>;
  /** Resolves when the store is reachable and configured rightly; throws `StoreError`. */
  check(): Promise<void>;
  close?(): Promise<void> | void;
}
