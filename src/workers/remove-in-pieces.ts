import type { Deps } from '../deps.ts';
import type { CorrectionAction } from '../domain/corrections.ts';
import { STORE_OF_ACTION } from '../domain/removal-account.ts';
import { pagesOf } from '../stores/per-file.ts';
import type { MayBegin, Removal, StoredFile } from '../stores/store.ts';
import { StoreError } from '../stores/store-error.ts';

/** Prefixes that object storage works on at a time; each may hold thousands of objects. */
const PREFIXES = 2;
/** Files whose versions are listed and removed together. */
const PURGED = 100;

/** The store a step is about. */
export const storeOf = (deps: Deps, action: CorrectionAction) =>
  deps.stores[STORE_OF_ACTION[action]];

/**
 * Removes what a store holds of the files: all of them by its bulk calls, and in pieces where it has none,
 * so that no removal begins long after the guard was asked.
 * @param mayBegin asked of each file right before its piece begins
 * @returns what the store answered; nothing of a file whose removal did not begin
 */
export async function removeInPieces(
  deps: Deps,
  action: CorrectionAction,
  files: readonly StoredFile[],
  mayBegin: MayBegin,
): Promise<Map<StoredFile, Removal | StoreError>> {
  const store = storeOf(deps, action);
  const removals = new Map<StoredFile, Removal | StoreError>();
  const begun = new Set<StoredFile>();
  for (const piece of piecesOf(deps, action, files)) {
    for (const file of piece) begun.add(file);
    const calledOff = new Set<StoredFile>();
    const asked: MayBegin = async (file) => {
      const may = await mayBegin(file);
      if (!may) calledOff.add(file);
      return may;
    };
    // Only the CMS asks by itself, before each record.
    if (action !== 'cms_delete') for (const file of piece) await asked(file);
    const going = piece.filter((file) => !calledOff.has(file));
    if (going.length === 0) continue;
    const answers = await store.remove(going, asked);
    for (const [nth, file] of going.entries()) {
      const answer = answers[nth];
      if (!answer) throw new Error(`${store.name} did not answer for every file`);
      if (!calledOff.has(file)) removals.set(file, answer);
    }
    // A dead store costs one time-out and not one per piece.
    const [trouble] = answers.every(isTrouble) ? answers : [];
    if (!trouble) continue;
    for (const file of files) if (!begun.has(file)) removals.set(file, trouble);
    break;
  }
  return removals;
}

const isTrouble = (answer: unknown): answer is StoreError =>
  answer instanceof StoreError && answer.blames === 'store';

function piecesOf(
  { config }: Deps,
  action: CorrectionAction,
  files: readonly StoredFile[],
): (readonly StoredFile[])[] {
  if (action !== 's3_delete') return [files];
  const isPrefix = ({ storageKey }: StoredFile) =>
    config.S3_SLASH_KEYS === 'prefix' && storageKey?.endsWith('/') === true;
  const keys = files.filter((file) => !isPrefix(file));
  const whole = config.S3_PURGE === 'versions' ? pagesOf(keys, PURGED) : [keys];
  return [...whole, ...pagesOf(files.filter(isPrefix), PREFIXES)];
}
