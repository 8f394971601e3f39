import { type CorrectionMode, statusUnder } from '../../domain/correction-mode.ts';
import { correctionActions } from '../../domain/corrections.ts';
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
  mode: CorrectionMode;
}

/** A new task; only a pending one is due at `run_at`. */
export interface CreatedCorrection {
  id: number;
  company_id: number;
  status: 'pending' | 'awaiting_approval';
  run_at: Date;
}

/** Creates the correction tasks, one open task per file and generation. */
export async function createCorrections(
  tx: Transaction,
  tasks: NewCorrection[],
  runAt: Date,
): Promise<CreatedCorrection[]> {
  if (tasks.length === 0) return [];
  return tx<CreatedCorrection[]>`
    insert into auto_correction_tasks (file_document_id, generation, file_name, storage_key, company_id,
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
      ${tasks.map((t) => JSON.stringify(correctionActions(t.failure.category)))}::text[]::jsonb[],
      ${tasks.map((t) => t.mode)}::text[],
      ${tasks.map((t) => statusUnder(t.mode))}::text[]
    ) as t
    on conflict (file_document_id, generation)
      where status in ('pending', 'awaiting_approval', 'processing') do nothing
    returning id, company_id, status, run_at`;
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
