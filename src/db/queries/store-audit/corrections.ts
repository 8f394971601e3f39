import { type CorrectionMode, statusUnder } from '../../../domain/correction-mode.ts';
import type { CorrectionAction } from '../../../domain/corrections.ts';
import type { AuditKind } from '../../../domain/store-audit.ts';
import type { Sql } from '../../client.ts';

/** Correction tasks for what an audit of the stores has found. */

/** A failed or deleted file, and what was found of it. */
export interface FixableFile {
  document_id: string;
  company_id: number;
  bot_id: number;
  user_email: string;
  generation: number;
  state: 'failed' | 'deleted';
  category: string | null;
  storage_key: string | null;
  kinds: AuditKind[];
}

/** Files with something a correction may remove, page by page in the order of their ids. */
export function fixableAfter(db: Sql, after: string, limit: number) {
  return db<FixableFile[]>`
    select d.document_id, d.company_id, d.bot_id, d.user_email, d.generation, d.state, d.category,
      coalesce(min(f.storage_key), d.storage_key) as storage_key, json_agg(distinct f.kind) as kinds
    from audit_findings f join audit_documents d using (document_id)
    where f.fixable and d.document_id > ${after}
    group by d.document_id order by d.document_id limit ${limit}`;
}

export interface AuditTask {
  file: FixableFile;
  category: string;
  actions: CorrectionAction[];
  mode: CorrectionMode;
}

/**
 * Makes the tasks, due at once. A file that has an open task keeps to that one.
 * @returns how many were made
 */
export async function createAuditTasks(db: Sql, tasks: readonly AuditTask[]): Promise<number> {
  const said = (task: AuditTask) =>
    `an audit of the stores found what a ${task.file.state} file left`;
  const rows = await db`
    insert into auto_correction_tasks (file_document_id, generation, storage_key, company_id, bot_id,
      user_email, failure_category, original_error_message, correction_actions, mode, status, run_at)
    select t.*, now() from unnest(
      ${tasks.map(({ file }) => file.document_id)}::text[],
      ${tasks.map(({ file }) => file.generation)}::int[],
      ${tasks.map(({ file }) => file.storage_key)}::text[],
      ${tasks.map(({ file }) => file.company_id)}::int[],
      ${tasks.map(({ file }) => file.bot_id)}::int[],
      ${tasks.map(({ file }) => file.user_email)}::text[],
      ${tasks.map(({ category }) => category)}::text[],
      ${tasks.map(said)}::text[],
      ${tasks.map(({ actions }) => JSON.stringify(actions))}::text[]::jsonb[],
      ${tasks.map(({ mode }) => mode)}::text[],
      ${tasks.map(({ mode }) => statusUnder(mode))}::text[]
    ) as t
    on conflict (file_document_id, generation)
      where status in ('pending', 'awaiting_approval', 'processing') do nothing
    returning 1`;
  return rows.length;
}
