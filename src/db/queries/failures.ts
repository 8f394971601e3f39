import { type CorrectionMode, statusUnder, stricter } from '../../domain/correction-mode.ts';
import {
  type CorrectionAction,
  correctionActions,
  joinedActions,
} from '../../domain/corrections.ts';
import type { Failure } from '../../domain/fold-events.ts';
import type { Transaction } from '../client.ts';
import type { FileKey } from './files.ts';

const json = (value: unknown): string | null =>
  value === undefined ? null : JSON.stringify(value);

/** A correction that a failure calls for. */
export interface NewCorrection {
  file: FileKey;
  fileName: string;
  batchId: string;
  storageKey: string | null;
  failure: Failure;
  actions: CorrectionAction[];
  mode: CorrectionMode;
}

/** A new task; only a pending one is due at `run_at`. */
export interface CreatedCorrection {
  id: number;
  company_id: number;
  status: 'pending' | 'awaiting_approval';
  run_at: Date;
}

/**
 * Creates the correction tasks, one open task per document and generation. Where another owner's failure
 * has one that is not at work, nor been let go by an operator, its steps and the stricter mode become
 * those of both. To be called with the waiting tasks of the files locked.
 * @param given in the order of their documents
 * @returns the new tasks
 */
export async function createCorrections(
  tx: Transaction,
  given: NewCorrection[],
  runAt: Date,
): Promise<CreatedCorrection[]> {
  if (given.length === 0) return [];
  const tasks = joined(given);
  const rows = await tx<(CreatedCorrection & { created: boolean })[]>`
    insert into auto_correction_tasks as o (file_document_id, generation, file_name, storage_key, company_id,
      bot_id, user_email, batch_id, failure_category, original_error_message, error_details,
      correction_actions, mode, status, run_at)
    select t.*, ${runAt} from unnest(
      ${tasks.map((t) => t.file.file_document_id)}::text[],
      ${tasks.map((t) => t.failure.generation)}::int[],
      ${tasks.map((t) => t.fileName)}::text[],
      ${tasks.map((t) => t.storageKey)}::text[],
      ${tasks.map((t) => t.file.company_id)}::int[],
      ${tasks.map((t) => t.file.bot_id)}::int[],
      ${tasks.map((t) => t.file.user_email)}::text[],
      ${tasks.map((t) => t.batchId)}::uuid[],
      ${tasks.map((t) => t.failure.category)}::text[],
      ${tasks.map((t) => t.failure.error.message)}::text[],
      ${tasks.map((t) => json(t.failure.error.details))}::text[]::jsonb[],
      ${tasks.map((t) => JSON.stringify(t.actions))}::text[]::jsonb[],
      ${tasks.map((t) => t.mode)}::text[],
      ${tasks.map((t) => statusUnder(t.mode))}::text[]
    ) as t
    on conflict (file_document_id, generation)
      where status in ('pending', 'awaiting_approval', 'processing') do update set
      correction_actions = (
        select jsonb_agg(a order by nth)
        from jsonb_array_elements_text(${JSON.stringify(correctionActions(''))}::text::jsonb)
          with ordinality as every(a, nth)
        where o.correction_actions ? a or excluded.correction_actions ? a),
      mode = case when o.mode = 'dry-run' or excluded.mode = 'auto' then o.mode else excluded.mode end,
      status = case when o.mode = 'dry-run' or excluded.mode = 'auto' then o.status
        else excluded.status end,
      held_by = case when excluded.mode = 'auto' then o.held_by end,
      hold_reason = case when excluded.mode = 'auto' then o.hold_reason end,
      updated_at = now()
    where o.status in ('pending', 'awaiting_approval')
      and o.brake_released_at is null and not o.correction_actions @> excluded.correction_actions
    returning id, company_id, status, run_at, xmax = 0 as created`;
  return rows.filter(({ created }) => created);
}

/** Owners whose files failed together share a task: one statement may touch a row only once. */
function joined(given: readonly NewCorrection[]): NewCorrection[] {
  const tasks = new Map<string, NewCorrection>();
  for (const task of given) {
    const key = JSON.stringify([task.file.file_document_id, task.failure.generation]);
    const first = tasks.get(key);
    const actions = joinedActions(first?.actions ?? [], task.actions);
    const mode = stricter(first?.mode ?? task.mode, task.mode);
    tasks.set(key, first ? { ...first, actions, mode } : task);
  }
  return [...tasks.values()];
}

/**
 * Locks the waiting tasks of these files, to be called before any of them is changed: whoever locks
 * several does it in the order of their ids, so that nobody waits in a circle.
 */
export async function lockWaiting(tx: Transaction, files: FileKey[]): Promise<void> {
  if (files.length === 0) return;
  await tx`
    select from auto_correction_tasks
    where file_document_id = any(${files.map((f) => f.file_document_id)}::text[])
      and status in ('pending', 'awaiting_approval')
    order by id for update`;
}

/**
 * Cancels corrections that a newer generation or a delete made pointless, as long as nothing of the
 * file is gone. One that has removed something already, or is about to, is left to its own guard,
 * which stops it before the next step and records the conflict.
 */
export async function cancelCorrections(
  tx: Transaction,
  files: { file: FileKey; below: number }[],
): Promise<void> {
  if (files.length === 0) return;
  await tx`
    update auto_correction_tasks t set status = 'cancelled', completed_at = now(), updated_at = now(),
      cancel_reason = 'a newer event of the file was applied', held_by = null, hold_reason = null
    from unnest(
      ${files.map((f) => f.file.file_document_id)}::text[],
      ${files.map((f) => f.file.company_id)}::int[],
      ${files.map((f) => f.file.bot_id)}::int[],
      ${files.map((f) => f.file.user_email)}::text[],
      ${files.map((f) => f.below)}::int[]
    ) as g(file_document_id, company_id, bot_id, user_email, below)
    where t.file_document_id = g.file_document_id and t.company_id = g.company_id
      and t.bot_id = g.bot_id and t.user_email = g.user_email and t.generation < g.below
      and t.status in ('pending', 'awaiting_approval')
      and t.removal_began_at is null`;
}

/** Gives open corrections the storage key that a later event brought. */
export async function learnStorageKeys(
  tx: Transaction,
  files: { file: FileKey; generation: number; storageKey: string }[],
): Promise<void> {
  if (files.length === 0) return;
  await tx`
    update auto_correction_tasks t set storage_key = g.storage_key, updated_at = now()
    from unnest(
      ${files.map((f) => f.file.file_document_id)}::text[],
      ${files.map((f) => f.generation)}::int[],
      ${files.map((f) => f.storageKey)}::text[]
    ) as g(file_document_id, generation, storage_key)
    where t.file_document_id = g.file_document_id and t.generation = g.generation
      and t.storage_key is null and t.not_applicable = '{}'
      and t.status in ('pending', 'awaiting_approval', 'processing')`;
}
