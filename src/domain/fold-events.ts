import type { FileEvent, FileStatus } from '../contracts/file-events.ts';
import { categorize } from './failure-category.ts';
import {
  compareHappenings,
  type FileState,
  type Happening,
  isFinished,
  lineStatus,
  moveFile,
} from './file-state.ts';
import { scrubbed, scrubbedJson } from './scrub.ts';

/**
 * Folds the events of one file of one owner into the changes to be written. Pure, so that a thousand
 * events become a handful of set-based statements.
 */

/** An accepted event as the inbox keeps it. */
export interface InboxEvent {
  id: number;
  occurredAt: number;
  payload: FileEvent;
}

/** What a batch says of a file. Times are milliseconds since the epoch. */
export interface LineContent {
  fileName: string;
  fileSizeBytes: number | null;
  status: FileStatus;
  stage: FileState['stage'];
  startedAt: number;
  endedAt: number | null;
  processingSeconds: number | null;
  chunks: number | null;
  storageKey: string | null;
  errorMessage: string | null;
  errorCategory: string | null;
}

/** A file as the database knows it before the chunk. */
export interface KnownFile {
  state: FileState;
  storageKey: string | null;
  /** Its newest line; `open` when that stands in the owner's open batch. */
  line: { id: number; open: boolean; eventCount: number; content: LineContent } | null;
}

/** A failure to record. */
export interface Failure {
  eventId: number;
  generation: number;
  stage: FileState['stage'];
  category: string;
  error: NonNullable<FileEvent['error']>;
  fileEventId: number | null;
}

/** Where an event stands in the books: in the open batch's line, in an older line, or in none. */
export type Standing = { eventId: number; outcome: 'applied' | 'superseded' | 'deleted' } & (
  | { in: 'open' }
  | { in: 'closed'; lineId: number }
  | { in: 'nowhere' }
);

export interface FileChange {
  state: FileState;
  storageKey: string | null;
  /** An event that changed nothing else named another key: an object of the same file may be there. */
  namesAnotherKey: boolean;
  fileEventId: number | null;
  /** The line to write into the open batch; null when the open batch has none (any more). */
  line: LineContent | null;
  /** Events the open line gains. */
  lineGain: number;
  /** The known open line has to go. */
  removesLine: boolean;
  /** Events that count as deleted from now on. */
  deletedGain: number;
  events: Standing[];
  failures: Failure[];
  /** Open correction tasks of generations below this are pointless; 0 for none. */
  cancelsBelow: number;
  /** The failure whose leftovers are to be removed, when the file ends up failed. */
  corrects: Failure | null;
}

/** @param events at least one event, all of the same file and owner, in any order */
export function foldEvents(known: KnownFile | null, events: InboxEvent[]): FileChange {
  let state = known?.state ?? null;
  let content = known?.line?.content ?? null;
  let place: 'open' | 'closed' | 'nowhere' = known?.line
    ? known.line.open
      ? 'open'
      : 'closed'
    : 'nowhere';
  let storageKey = known?.storageKey ?? null;
  let namesAnotherKey = false;
  let fileEventId: number | null = null;
  let standings: Standing[] = [];
  let removesLine = false;
  let deletedGain = 0;
  let cancelsBelow = 0;
  const failures: Failure[] = [];

  const ordered = events
    .map((event) => ({ event, at: happening(event) }))
    .sort((a, b) => compareHappenings(a.at, b.at) || a.event.id - b.event.id);

  for (const { event, at } of ordered) {
    const { payload } = event;
    const move = moveFile(state, at);
    if (move.kind === 'superseded') {
      standings.push(standing(event.id, 'superseded', place, known));
      // Late, but it may be the only one that knows where the object is.
      const key = payload.storage_key ?? null;
      if (key !== null && key !== known?.storageKey && !state?.deleted) {
        namesAnotherKey = true;
        storageKey ??= key;
      }
      if (place === 'nowhere') deletedGain += 1;
      continue;
    }
    state = move.state;
    storageKey = payload.storage_key ?? storageKey;
    fileEventId = payload.file_event_id ?? fileEventId;
    if (move.kind === 'deleted') {
      cancelsBelow = state.generation + 1;
      if (place === 'open') {
        deletedGain += standings.filter((s) => s.in === 'open').length;
        if (known?.line?.open && !removesLine) {
          removesLine = true;
          deletedGain += known.line.eventCount;
        }
        standings = standings.map((s) =>
          s.in === 'open' ? { eventId: s.eventId, outcome: 'deleted', in: 'nowhere' } : s,
        );
      }
      place = 'nowhere';
      content = null;
      deletedGain += 1;
      standings.push({ eventId: event.id, outcome: 'deleted', in: 'nowhere' });
      continue;
    }
    if (move.newGeneration) cancelsBelow = state.generation;
    content = nextContent(move.newGeneration ? null : content, event, storageKey);
    place = 'open';
    standings.push({ eventId: event.id, outcome: 'applied', in: 'open' });
    if (payload.status === 'failed' && payload.error)
      failures.push({
        eventId: event.id,
        generation: state.generation,
        stage: at.stage,
        category: categorize(payload.error),
        error: scrubbedError(payload.error),
        fileEventId: payload.file_event_id ?? null,
      });
  }

  if (!state) throw new RangeError('foldEvents needs at least one event');
  const generation = state.generation;
  const failed = !state.deleted && state.status === 'failed';
  return {
    state,
    storageKey,
    namesAnotherKey,
    fileEventId,
    line: place === 'open' ? content : null,
    lineGain: standings.filter((s) => s.in === 'open').length,
    removesLine,
    deletedGain,
    events: standings,
    failures,
    cancelsBelow,
    corrects: (failed && failures.find((f) => f.generation === generation)) || null,
  };
}

function happening({ occurredAt, payload }: InboxEvent): Happening {
  return {
    action: payload.action,
    occurredAt,
    stage: payload.processing_stage ?? 'download',
    status: payload.status ?? 'pending',
  };
}

/** Operators read it in several tables, and people in their mails. */
function scrubbedError({ message, details, stack, ...error }: Failure['error']): Failure['error'] {
  return {
    ...error,
    message: scrubbed(message),
    ...(details && { details: scrubbedJson(details) as typeof details }),
    ...(stack !== undefined && { stack: scrubbed(stack) }),
  };
}

function standing(
  eventId: number,
  outcome: 'superseded',
  place: 'open' | 'closed' | 'nowhere',
  known: KnownFile | null,
): Standing {
  if (place === 'closed' && known?.line)
    return { eventId, outcome, in: 'closed', lineId: known.line.id };
  return place === 'open' ? { eventId, outcome, in: 'open' } : { eventId, outcome, in: 'nowhere' };
}

function nextContent(
  before: LineContent | null,
  { occurredAt, payload }: InboxEvent,
  storageKey: string | null,
): LineContent {
  const at = { stage: payload.processing_stage ?? 'download', status: payload.status ?? 'pending' };
  const done = isFinished(at);
  return {
    fileName: payload.file_name ?? before?.fileName ?? payload.file_document_id,
    fileSizeBytes: payload.file_size_bytes ?? before?.fileSizeBytes ?? null,
    status: lineStatus(at),
    stage: at.stage,
    startedAt: before?.startedAt ?? occurredAt,
    endedAt: done ? occurredAt : null,
    processingSeconds: payload.processing_time_seconds ?? before?.processingSeconds ?? null,
    chunks: payload.chunks_created ?? before?.chunks ?? null,
    storageKey,
    errorMessage: done && payload.error ? scrubbed(payload.error.message) : null,
    errorCategory: done && payload.error ? categorize(payload.error) : null,
  };
}
