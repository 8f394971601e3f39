import { markWrittenBack, needsWriteBack, reportedDocuments } from '../db/queries/write-back.ts';
import type { Deps } from '../deps.ts';

const PAGE = 200;
/** Requests to the CMS at a time: telling it must not slow its readers down. */
const PARALLEL = 8;

/**
 * `cms-write-back`: tells the CMS which files were reported, in which batch. Runs after the mail and
 * never delays it; a file the CMS no longer has needs no telling.
 */
export async function writeBackToCms(deps: Deps, { batch_id }: { batch_id: string }) {
  const { sql } = deps.db;
  if (!(await needsWriteBack(sql, batch_id))) return;
  for (let after = 0; ; ) {
    const page = await reportedDocuments(sql, batch_id, after, PAGE);
    const last = page.at(-1);
    if (!last) break;
    after = last.id;
    const waiting = page.map((row) => row.file_document_id);
    const tell = async () => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop())
        await deps.cms.updateFile(id, {
          notification_sent: true,
          last_notification_batch: batch_id,
        });
    };
    await Promise.all(Array.from({ length: PARALLEL }, tell));
  }
  await markWrittenBack(sql, batch_id);
}
