import { type ConflictNotice, dropConflictNotice, type Told } from '../db/queries/conflicts.ts';
import type { Deps } from '../deps.ts';
import type { StoreName } from '../stores/store-error.ts';

/**
 * What a batch's owner has to be told of files that a clean-up took parts of. A conflict is written
 * down when the correction ends; an ingestion that was under way then may have written everything anew
 * since, so the stores are asked before anybody is told to upload such a file again.
 */
export async function conflictNotices(deps: Deps, batch: Told): Promise<ConflictNotice[]> {
  const notices = await deps.mails.conflicts(batch);
  const told: ConflictNotice[] = [];
  for (const notice of notices) {
    if (notice.restored || !notice.written_later || !(await isWhole(deps, notice)))
      told.push(notice);
    else await dropConflictNotice(deps.db.sql, notice);
  }
  return told;
}

/** Whether every store that had lost something holds it now; a store that is away says nothing. */
async function isWhole(deps: Deps, notice: ConflictNotice): Promise<boolean> {
  const { file_document_id: documentId, storage_key: storageKey, company_id, bot_id } = notice;
  const file = { documentId, storageKey, companyId: company_id, botId: bot_id };
  for (const name of Object.keys(notice.removed) as StoreName[]) {
    const store = deps.stores[name];
    if (store.rests()) return false;
    const [count] = await store.remaining([file]).catch(() => [0]);
    const expected = name === 'chroma' ? (notice.chunks_created ?? 1) : 1;
    // An answer that is no number is why the store could not tell.
    if (typeof count !== 'number' || count < expected) return false;
  }
  return true;
}
