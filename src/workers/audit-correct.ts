import type { Sql } from '../db/client.ts';
import {
  type AuditTask,
  createAuditTasks,
  type FixableFile,
  fixableAfter,
} from '../db/queries/store-audit/corrections.ts';
import type { Deps } from '../deps.ts';
import { modeChooser } from '../domain/correction-mode.ts';
import { CORRECTION_ACTIONS } from '../domain/corrections.ts';
import { AUDIT_KINDS, ORPHANED } from '../domain/store-audit.ts';
import { noticeBurst } from './engage-brake.ts';

const PAGE = 500;

/**
 * Makes ordinary correction tasks for what failed and deleted files left, each with the steps for what
 * was found and no others. They run as all do: in their mode, under the brake, behind the guards, proven
 * by read-back. The sweep puts them in motion.
 * @returns how many were made
 */
export async function correctFindings(db: Sql, deps: Deps): Promise<number> {
  const { AUTO_CORRECTION_MODE, AUTO_CORRECTION_MODES } = deps.config;
  const modeOf = modeChooser(AUTO_CORRECTION_MODE, AUTO_CORRECTION_MODES);
  const taskFor = (file: FixableFile): AuditTask => {
    // The category it failed with, so that rules about that one hold here too.
    const category = (file.state === 'failed' && file.category) || ORPHANED;
    const found = file.kinds.map((kind) => AUDIT_KINDS[kind].action);
    const actions = CORRECTION_ACTIONS.filter((action) => found.includes(action));
    const mode = modeOf({ company_id: file.company_id, failure_category: category });
    return { file, category, actions, mode };
  };
  let created = 0;
  for (let after = ''; ; ) {
    const files = await fixableAfter(db, after, PAGE);
    const last = files.at(-1);
    if (!last) return created;
    const made = await createAuditTasks(db, files.map(taskFor));
    deps.metrics.correctionsCreated.inc(made);
    await noticeBurst(deps, [...new Set(files.map(({ company_id }) => company_id))]);
    created += made;
    after = last.document_id;
  }
}
