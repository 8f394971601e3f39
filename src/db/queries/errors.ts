import type { Failure } from '../../domain/fold-events.ts';
import type { Transaction } from '../client.ts';
import type { FileKey } from './files.ts';

/** A failure, the file it befell, and whether a task answers it. */
export interface FailureRecord {
  file: FileKey;
  batchId: string;
  failure: Failure;
  corrected: boolean;
}

/** Records failures for operators. */
export async function saveErrors(tx: Transaction, records: FailureRecord[]): Promise<void> {
  if (records.length === 0) return;
  await tx`
    insert into processing_errors (file_event_id, file_document_id, generation, batch_id, company_id,
      bot_id, error_category, error_message, error_details, stack_trace, processing_stage,
      auto_correction_triggered)
    select * from unnest(
      ${records.map((r) => r.failure.fileEventId)}::bigint[],
      ${records.map((r) => r.file.file_document_id)}::text[],
      ${records.map((r) => r.failure.generation)}::int[],
      ${records.map((r) => r.batchId)}::uuid[],
      ${records.map((r) => r.file.company_id)}::int[],
      ${records.map((r) => r.file.bot_id)}::int[],
      ${records.map((r) => r.failure.category)}::text[],
      ${records.map((r) => r.failure.error.message)}::text[],
      ${records.map(({ failure: { error } }) => (error.details ? JSON.stringify(error.details) : null))}::text[]::jsonb[],
      ${records.map((r) => r.failure.error.stack ?? null)}::text[],
      ${records.map((r) => r.failure.stage)}::text[],
      ${records.map((r) => String(r.corrected))}::text[]::boolean[])`;
}

/** Notes which open task answers the errors of these files; a task that was there already counts. */
export async function linkErrors(
  tx: Transaction,
  files: { file: FileKey; generation: number }[],
): Promise<void> {
  if (files.length === 0) return;
  await tx`
    update processing_errors e set correction_id = t.id
    from unnest(
      ${files.map((f) => f.file.file_document_id)}::text[],
      ${files.map((f) => f.generation)}::int[]
    ) as g(file_document_id, generation)
    join auto_correction_tasks t on t.file_document_id = g.file_document_id
      and t.generation = g.generation and t.status in ('pending', 'awaiting_approval', 'processing')
    where e.file_document_id = g.file_document_id and e.generation = g.generation
      and e.correction_id is null and e.resolution_status = 'unresolved'`;
}

/** A file whose errors are settled, and how. */
export interface Settled {
  file: FileKey;
  resolution: 'manual_fix' | 'ignored';
}

/**
 * Settles errors that what came later made pointless: a success mended the file (`manual_fix`: nothing
 * here did), a delete left nothing to mend (`ignored`). Errors belong to the owner their batch is of.
 */
export async function settleErrors(tx: Transaction, files: Settled[]): Promise<void> {
  if (files.length === 0) return;
  await tx`
    update processing_errors e set resolution_status = g.resolution, resolved_by = 'system',
      resolved_at = now()
    from unnest(
      ${files.map((f) => f.file.file_document_id)}::text[],
      ${files.map((f) => f.file.company_id)}::int[],
      ${files.map((f) => f.file.bot_id)}::int[],
      ${files.map((f) => f.file.user_email)}::text[],
      ${files.map((f) => f.resolution)}::text[]
    ) as g(file_document_id, company_id, bot_id, user_email, resolution)
    where e.file_document_id = g.file_document_id and e.resolution_status = 'unresolved'
      and exists (select from batch_processing_sessions b where b.batch_id = e.batch_id
        and (b.company_id, b.bot_id, b.user_email) = (g.company_id, g.bot_id, g.user_email))`;
}
