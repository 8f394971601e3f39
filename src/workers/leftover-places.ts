import { failedPlaces } from '../db/queries/failed-places.ts';
import type { Deps } from '../deps.ts';
import { collectionName, unnamedCollection } from '../domain/collection-name.ts';
import type { StoredFile } from '../stores/store.ts';
import type { Correction } from './correction.ts';

/**
 * Finds the places that the failed generations of the files may have left something in besides the one
 * each task names: the keys that other events of theirs named, and the collections of other owners,
 * whose failures share the task. Most files have one of each, and cost the stores no question more.
 */
export async function findPlaces(
  { config, db }: Pick<Deps, 'config' | 'db'>,
  corrections: readonly Correction[],
): Promise<void> {
  const tasks = corrections.map(({ task }) => task);
  const found = await failedPlaces(db.sql, tasks);
  const template = config.CHROMA_COLLECTION;
  for (const { task, file, places } of corrections) {
    const others = (found.get(task.id) ?? []).map(
      ({ company_id: companyId, bot_id: botId, storageKeys }) => ({
        file: { ...file, companyId, botId },
        storageKeys,
      }),
    );
    const keys = new Set([file.storageKey, ...others.flatMap(({ storageKeys }) => storageKeys)]);
    keys.delete(file.storageKey);
    const more = [...keys].map((storageKey) => ({ ...file, storageKey }));
    places.s3_delete = file.storageKey === null && more.length > 0 ? more : [file, ...more];
    const collections = new Map<string, StoredFile>();
    for (const one of [file, ...others.map((other) => other.file)])
      if (unnamedCollection(template, one) === null) {
        const name = collectionName(template, one);
        collections.set(name, collections.get(name) ?? one);
      }
    places.chroma_delete = collections.size > 0 ? [...collections.values()] : [file];
  }
}

/** Every storage key that the failed generation is known to have had. */
export const keysOf = ({ places }: Correction): string[] =>
  places.s3_delete.flatMap(({ storageKey }) => storageKey ?? []);
