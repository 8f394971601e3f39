import { watchUsage } from '../db/queries/usage.ts';
import { batchToWriteBack, markWrittenBack, reportedDocuments } from '../db/queries/write-back.ts';
import type { Deps } from '../deps.ts';
import { isRefusal } from '../stores/store-error.ts';
import { inParallel } from './in-parallel.ts';

const PAGE = 200;
/** Requests to the CMS at a time: telling it must not slow its readers down. */
const PARALLEL = 8;

/**
 * `cms-write-back`: tells the CMS which files were reported, in which batch. Runs after the mail and
 * never delays it; a file the CMS no longer has needs no telling, and one it refuses holds up no other.
 */
export async function writeBackToCms(deps: Deps, { batch_id }: { batch_id: string }) {
  const { sql } = deps.db;
  const batch = await batchToWriteBack(sql, batch_id);
  if (!batch) return;
  for (let after = 0; ; ) {
    const page = await reportedDocuments(sql, batch_id, after, PAGE);
    const last = page.at(-1);
    if (!last) break;
    after = last.id;
    await inParallel(page, PARALLEL, (row) => tellFile(deps, batch_id, row.file_document_id));
  }
  const { company_id } = batch;
  const first = await watchUsage(sql, company_id);
  await markWrittenBack(sql, batch_id);
  // The sweep raises all others, so that many mails are few requests.
  if (first) await deps.producer.raise('cms-usage', [{ payload: { company_id } }]);
}

async function tellFile(deps: Deps, batchId: string, documentId: string): Promise<void> {
  const change = { notification_sent: true, last_notification_batch: batchId };
  try {
    const outcome = await deps.cms.updateFile(documentId, change);
    deps.metrics.cmsWriteBacks.inc({ kind: 'file', outcome });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    deps.metrics.cmsWriteBacks.inc({ kind: 'file', outcome: 'refused' });
    deps.log.warn({ err: error, batch: batchId }, 'the CMS refused what was said of a file');
  }
}
