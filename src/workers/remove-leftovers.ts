import type { CorrectionRow } from '../db/queries/corrections.ts';
import type { ExecutionEntry } from '../db/schema/corrections.ts';
import type { Deps } from '../deps.ts';
import type { CorrectionAction } from '../domain/corrections.ts';
import { reasonOf } from '../errors.ts';
import { masked } from '../observability/logger.ts';
import type { StoredFile, StoreName } from '../stores/store.ts';

const STORE_OF: Record<CorrectionAction, StoreName> = {
  s3_delete: 's3',
  chroma_delete: 'chroma',
  cms_delete: 'cms',
};

export interface StepOutcome {
  kind: 'proven' | 'not_applicable' | 'failed';
  entry: ExecutionEntry;
}

/** Whether the step has a store to ask at all. */
export function isApplicable(deps: Deps, action: CorrectionAction, file: StoredFile): boolean {
  return deps.stores[STORE_OF[action]].applicable(file) === null;
}

/** One step on one store: remove, then read back. Only an empty read-back proves anything. */
export async function removeAndProve(
  deps: Deps,
  action: CorrectionAction,
  file: StoredFile,
): Promise<StepOutcome> {
  const store = deps.stores[STORE_OF[action]];
  const outcome = (kind: StepOutcome['kind'], detail: string): StepOutcome => ({
    kind,
    entry: { at: new Date().toISOString(), action, result: kind, detail: masked(detail) },
  });
  const inapplicable = store.applicable(file);
  if (inapplicable) return outcome('not_applicable', inapplicable);
  try {
    const { removed, detail } = await store.remove(file);
    const left = await store.remaining(file);
    if (left > 0) return outcome('failed', `${store.name} still has ${left} after the removal`);
    return outcome('proven', `removed ${removed} (${detail}); read back: none`);
  } catch (error) {
    return outcome('failed', reasonOf(error));
  }
}

/** The key of the file's object: the event's, else the CMS record's; null where neither knows one. */
export async function storageKeyOf(deps: Deps, task: CorrectionRow): Promise<string | null> {
  if (!task.correction_actions.includes('s3_delete') || task.s3_cleanup_completed) return null;
  const record = await deps.cms.file(task.file_document_id);
  return record?.storage_key ?? null;
}
