import type { FileStatus, ProcessingStage } from '../contracts/file-events.ts';

/**
 * How events move one file: by when they occurred, then by stage, never by arrival (promise 3). Pure;
 * times are milliseconds since the epoch.
 */

/** The part of an event that decides about order and state. */
export interface Happening {
  action: 'create' | 'update' | 'delete';
  occurredAt: number;
  stage: ProcessingStage;
  status: FileStatus;
}

/** Where a file of one owner stands. */
export interface FileState extends Omit<Happening, 'action'> {
  /** Counts how often ingestion of the file began; 1 for the first time. */
  generation: number;
  deleted: boolean;
}

export type Move =
  /** The event is older than what is known: nothing changes. */
  | { kind: 'superseded' }
  | { kind: 'moved'; state: FileState; newGeneration: boolean }
  | { kind: 'deleted'; state: FileState };

const STAGE_RANK: Record<ProcessingStage, number> = {
  download: 1,
  processing: 2,
  storage: 3,
  failed: 4,
  completed: 4,
};
const FAILED_RANK = 40;
const SUCCESS_RANK = 50;
const DELETED_RANK = 60;

/** Nothing more is expected of this ingestion: it succeeded or it failed. */
export function isFinished({ stage, status }: { stage: ProcessingStage; status: FileStatus }) {
  return status === 'failed' || (status === 'success' && stage === 'completed');
}

/** What a line says of a file: a finished stage short of `completed` is still processing. */
export function lineStatus(at: { stage: ProcessingStage; status: FileStatus }): FileStatus {
  if (isFinished(at) || at.status === 'pending') return at.status;
  return 'processing';
}

/**
 * Order of two happenings at the same instant: pending, then by stage (its end after its start), then
 * failed, success, delete.
 */
function rank(at: { stage: ProcessingStage; status: FileStatus; deleted: boolean }): number {
  if (at.deleted) return DELETED_RANK;
  if (isFinished(at)) return at.status === 'success' ? SUCCESS_RANK : FAILED_RANK;
  if (at.status === 'pending') return 0;
  return STAGE_RANK[at.stage] * 2 + (at.status === 'success' ? 1 : 0);
}

const asState = (event: Happening) => ({ ...event, deleted: event.action === 'delete' });

/** Sorts happenings into the order they count in. */
export function compareHappenings(a: Happening, b: Happening): number {
  return a.occurredAt - b.occurredAt || rank(asState(a)) - rank(asState(b));
}

/** Whether the event is newer than everything known of the file. */
function isNewer(event: Happening, state: FileState): boolean {
  if (event.occurredAt !== state.occurredAt) return event.occurredAt > state.occurredAt;
  return rank(asState(event)) > rank(state);
}

/**
 * Applies one event to a file. A newer event after a terminal state, or after a delete, starts a new
 * generation.
 * @param state null where the file is not known yet
 */
export function moveFile(state: FileState | null, event: Happening): Move {
  if (state && !isNewer(event, state)) return { kind: 'superseded' };
  const { action, ...at } = event;
  if (action === 'delete')
    return { kind: 'deleted', state: { ...at, generation: state?.generation ?? 1, deleted: true } };
  const newGeneration = state !== null && (state.deleted || isFinished(state));
  const generation = (state?.generation ?? 1) + (newGeneration ? 1 : 0);
  return { kind: 'moved', state: { ...at, generation, deleted: false }, newGeneration };
}
