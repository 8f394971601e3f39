import type { PreferenceOwner } from '../../contracts/preferences.ts';
import type { FileChange, KnownFile, LineContent } from '../../domain/fold-events.ts';
import { ownerKey } from '../../domain/owner.ts';
import type { Transaction } from '../client.ts';

/** One file of one owner. */
export interface FileKey extends PreferenceOwner {
  file_document_id: string;
}

/** One text for a file of one owner, to find it by in a map. */
export const fileKey = (file: FileKey): string => `${ownerKey(file)}/${file.file_document_id}`;

/** A file's state with the line it was last reported in. */
export interface StandingRow extends FileKey {
  generation: number;
  occurred_at: Date;
  processing_stage: KnownFile['state']['stage'];
  status: KnownFile['state']['status'];
  deleted_at: Date | null;
  storage_key: string | null;
  line_id: number | null;
  line_batch: string;
  line_events: number;
  file_name: string;
  file_size_bytes: number | null;
  line_status: LineContent['status'];
  line_stage: LineContent['stage'];
  processing_start_time: Date;
  processing_end_time: Date | null;
  processing_time_seconds: number | null;
  chunks_created: number | null;
  error_message: string | null;
  error_category: string | null;
}

/**
 * Where the files stand. Safe to read after the owners' open batches are locked: nobody else moves these
 * files meanwhile.
 */
export async function standingFiles(tx: Transaction, files: FileKey[]): Promise<StandingRow[]> {
  return tx<StandingRow[]>`
    select s.file_document_id, s.company_id, s.bot_id, s.user_email, s.generation, s.occurred_at,
      s.processing_stage, s.status, s.deleted_at, s.storage_key,
      f.id as line_id, f.batch_id as line_batch, f.event_count as line_events, f.file_name,
      f.file_size_bytes, f.processing_status as line_status, f.processing_stage as line_stage,
      f.processing_start_time, f.processing_end_time, f.processing_time_seconds, f.chunks_created,
      f.error_message, f.error_category
    from unnest(
      ${files.map((f) => f.file_document_id)}::text[], ${files.map((f) => f.company_id)}::int[],
      ${files.map((f) => f.bot_id)}::int[], ${files.map((f) => f.user_email)}::text[]
    ) as k(file_document_id, company_id, bot_id, user_email)
    join file_processing_status s using (file_document_id, company_id, bot_id, user_email)
    left join batch_files f on f.id = s.batch_file_id`;
}

/**
 * What is known of the files that stand somewhere, by `fileKey`.
 * @param openBatches the owner's open batch by `ownerKey`
 */
export function knownFiles(
  rows: StandingRow[],
  openBatches: Map<string, string>,
): Map<string, KnownFile> {
  return new Map(rows.map((row) => [fileKey(row), known(row, openBatches.get(ownerKey(row)))]));
}

function known(row: StandingRow, openBatch: string | undefined): KnownFile {
  return {
    state: {
      generation: row.generation,
      occurredAt: row.occurred_at.getTime(),
      stage: row.processing_stage,
      status: row.status,
      deleted: row.deleted_at !== null,
    },
    storageKey: row.storage_key,
    line:
      row.line_id === null
        ? null
        : {
            id: row.line_id,
            open: row.line_batch === openBatch,
            eventCount: row.line_events,
            content: {
              fileName: row.file_name,
              fileSizeBytes: row.file_size_bytes,
              status: row.line_status,
              stage: row.line_stage,
              startedAt: row.processing_start_time.getTime(),
              endedAt: row.processing_end_time?.getTime() ?? null,
              processingSeconds: row.processing_time_seconds,
              chunks: row.chunks_created,
              storageKey: row.storage_key,
              errorMessage: row.error_message,
              errorCategory: row.error_category,
            },
          },
  };
}

/** A change together with the file it belongs to and the batch its line stands in. */
export interface PlacedChange {
  /** The file's `fileKey`, made once: everything about it is found by this. */
  key: string;
  file: FileKey;
  batchId: string;
  change: FileChange;
}

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** Deletes lines that a delete event took out of an open batch. */
export async function removeLines(tx: Transaction, lineIds: number[]): Promise<void> {
  if (lineIds.length === 0) return;
  await tx`delete from batch_files where id = any(${lineIds}::bigint[])`;
}

const lineKey = (batchId: string, documentId: string): string => `${batchId}/${documentId}`;

/** Writes the lines of the open batches. @returns line ids by `fileKey` */
export async function saveLines(
  tx: Transaction,
  changes: PlacedChange[],
): Promise<Map<string, number>> {
  const lines = changes.flatMap(({ key, file, batchId, change }) =>
    change.line ? [{ key, file, batchId, change, line: change.line }] : [],
  );
  if (lines.length === 0) return new Map();
  const saved = await tx<{ id: number; batch_id: string; file_document_id: string }[]>`
    insert into batch_files (batch_id, file_document_id, file_name, file_size_bytes, generation,
      processing_status, processing_stage, processing_start_time, processing_end_time,
      processing_time_seconds, chunks_created, storage_key, error_message, error_category, event_count)
    select batch_id, file_document_id, file_name, file_size_bytes, generation,
      processing_status, processing_stage, processing_start_time, processing_end_time,
      processing_time_seconds, chunks_created, storage_key, error_message, error_category, event_count
    from unnest(
        ${lines.map((l) => l.batchId)}::uuid[],
        ${lines.map((l) => l.file.file_document_id)}::text[],
        ${lines.map((l) => l.line.fileName)}::text[],
        ${lines.map((l) => l.line.fileSizeBytes)}::bigint[],
        ${lines.map((l) => l.change.state.generation)}::int[],
        ${lines.map((l) => l.line.status)}::text[],
        ${lines.map((l) => l.line.stage)}::text[],
        ${lines.map((l) => iso(l.line.startedAt))}::timestamptz[],
        ${lines.map((l) => iso(l.line.endedAt))}::timestamptz[],
        ${lines.map((l) => l.line.processingSeconds)}::float8[],
        ${lines.map((l) => l.line.chunks)}::int[],
        ${lines.map((l) => l.line.storageKey)}::text[],
        ${lines.map((l) => l.line.errorMessage)}::text[],
        ${lines.map((l) => l.line.errorCategory)}::text[],
        ${lines.map((l) => l.change.lineGain)}::int[]
      ) with ordinality as g(batch_id, file_document_id, file_name, file_size_bytes, generation,
        processing_status, processing_stage, processing_start_time, processing_end_time,
        processing_time_seconds, chunks_created, storage_key, error_message, error_category,
        event_count, nth)
      order by nth
      on conflict (batch_id, file_document_id) do update set
        file_name = excluded.file_name, file_size_bytes = excluded.file_size_bytes,
        generation = excluded.generation, processing_status = excluded.processing_status,
        processing_stage = excluded.processing_stage,
        processing_start_time = excluded.processing_start_time,
        processing_end_time = excluded.processing_end_time,
        processing_time_seconds = excluded.processing_time_seconds,
        chunks_created = excluded.chunks_created, storage_key = excluded.storage_key,
        error_message = excluded.error_message, error_category = excluded.error_category,
        event_count = batch_files.event_count + excluded.event_count, updated_at = now()
      returning id, batch_id, file_document_id`;
  const idOf = new Map(
    saved.map((line) => [lineKey(line.batch_id, line.file_document_id), line.id]),
  );
  return new Map(
    lines.map(({ key, file, batchId }) => [
      key,
      idOf.get(lineKey(batchId, file.file_document_id))!,
    ]),
  );
}

/** Writes where the files stand now. @param lineIds the open lines by `fileKey` */
export async function saveStates(
  tx: Transaction,
  changes: PlacedChange[],
  lineIds: Map<string, number>,
): Promise<void> {
  await tx`
    insert into file_processing_status
      (file_document_id, company_id, bot_id, user_email, file_event_id, batch_id, batch_file_id,
       generation, occurred_at, processing_stage, status, storage_key, stage_start_time,
       stage_end_time, error_message, error_details, deleted_at, deleted_event_count)
    select g.file_document_id, g.company_id, g.bot_id, g.user_email, g.file_event_id, g.batch_id,
       g.batch_file_id, g.generation, g.occurred_at, g.stage, g.status, g.storage_key, g.occurred_at,
       case when g.status in ('success', 'failed') then g.occurred_at end,
       g.error_message, g.error_details, case when g.deleted then g.occurred_at end, g.deleted_gain
    from unnest(
      ${changes.map((c) => c.file.file_document_id)}::text[],
      ${changes.map((c) => c.file.company_id)}::int[],
      ${changes.map((c) => c.file.bot_id)}::int[],
      ${changes.map((c) => c.file.user_email)}::text[],
      ${changes.map((c) => c.change.fileEventId)}::bigint[],
      ${changes.map((c) => (c.change.line ? c.batchId : null))}::uuid[],
      ${changes.map((c) => lineIds.get(c.key) ?? null)}::bigint[],
      ${changes.map((c) => c.change.state.generation)}::int[],
      ${changes.map((c) => iso(c.change.state.occurredAt))}::timestamptz[],
      ${changes.map((c) => c.change.state.stage)}::text[],
      ${changes.map((c) => c.change.state.status)}::text[],
      ${changes.map((c) => c.change.storageKey)}::text[],
      ${changes.map((c) => c.change.corrects?.error.message ?? null)}::text[],
      ${changes.map((c) => errorDetails(c.change))}::jsonb[],
      ${changes.map((c) => String(c.change.state.deleted))}::boolean[],
      ${changes.map((c) => c.change.deletedGain)}::int[]
    ) as g(file_document_id, company_id, bot_id, user_email, file_event_id, batch_id, batch_file_id,
           generation, occurred_at, stage, status, storage_key, error_message, error_details, deleted,
           deleted_gain)
    on conflict (file_document_id, company_id, bot_id, user_email) do update set
      file_event_id = coalesce(excluded.file_event_id, file_processing_status.file_event_id),
      -- Without a line of its own the file keeps the line it was last reported in, unless deleted.
      batch_id = case when excluded.batch_file_id is null and excluded.deleted_at is null
        then file_processing_status.batch_id else excluded.batch_id end,
      batch_file_id = case when excluded.batch_file_id is null and excluded.deleted_at is null
        then file_processing_status.batch_file_id else excluded.batch_file_id end,
      generation = excluded.generation, occurred_at = excluded.occurred_at,
      stage_start_time = case
        when (excluded.processing_stage, excluded.generation)
           = (file_processing_status.processing_stage, file_processing_status.generation)
        then least(file_processing_status.stage_start_time, excluded.occurred_at)
        else excluded.occurred_at end,
      stage_end_time = excluded.stage_end_time,
      processing_stage = excluded.processing_stage, status = excluded.status,
      storage_key = excluded.storage_key,
      error_message = case when excluded.status = 'failed'
        then coalesce(excluded.error_message, file_processing_status.error_message) end,
      error_details = case when excluded.status = 'failed'
        then coalesce(excluded.error_details, file_processing_status.error_details) end,
      deleted_at = excluded.deleted_at,
      deleted_event_count = file_processing_status.deleted_event_count + excluded.deleted_event_count,
      updated_at = now()`;
}

function errorDetails(change: FileChange): string | null {
  const details = change.corrects?.error.details;
  return details ? JSON.stringify(details) : null;
}
