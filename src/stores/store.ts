/** The one contract of every store a failed file may have left something in. */

export type StoreName = 's3' | 'chroma' | 'cms';

export interface StoredFile {
  documentId: string;
  /** Key of the object in the bucket; null where neither event nor CMS record named one. */
  storageKey: string | null;
}

export interface Removal {
  /** What was found and removed: objects, chunks or records. No proof; `remaining` is. */
  removed: number;
  /** What the store said, without personal data. */
  detail: string;
}

/** Every function that asks the store throws `StoreError` when it gets no usable answer. */
export interface LeftoverStore {
  name: StoreName;
  /** Why there is nothing to ask this store about the file; null where there is. */
  applicable(file: StoredFile): string | null;
  /** Removes what the store holds of the file. Safe to repeat; nothing found is no error. */
  remove(file: StoredFile): Promise<Removal>;
  /** The read-back: how much the store still holds of the file. 0 is proof that it is gone. */
  remaining(file: StoredFile): Promise<number>;
  /** Resolves when the store is reachable and configured rightly. */
  check(): Promise<void>;
  close?(): Promise<void> | void;
}
