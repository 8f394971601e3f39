import type { CorrectionEnd, StepRecord } from '../db/queries/correction-books.ts';
import type { CorrectionRow } from '../db/queries/corrections.ts';
import type { Deps } from '../deps.ts';
import type { CorrectionAction } from '../domain/corrections.ts';
import type { StoredFile } from '../stores/store.ts';
import type { StoreError } from '../stores/store-error.ts';

/** Who works on a set of tasks, and for how long the others leave them alone, in seconds. */
export interface Claim {
  token: string;
  leaseSeconds: number;
}

/** One claimed task on its way through the steps. */
export interface Correction {
  task: CorrectionRow;
  file: StoredFile;
  /** What each step removes: the file, wherever its failed generation may have left something of it. */
  places: Record<CorrectionAction, StoredFile[]>;
  /** A store was asked to remove something, now or in an earlier run. */
  touched: boolean;
  /** Steps that failed in this run, or cannot be begun. */
  failures: Map<CorrectionAction, StepFailure>;
  /** What became of the last step, where that is to be written down together with the end. */
  unwritten: StepRecord | null;
  /** Set as soon as this run has nothing more to do for the task. */
  end: CorrectionEnd | null;
}

export interface StepFailure {
  reason: string;
  error: StoreError | null;
}

/** A task that was just claimed: nothing has failed in this run, and nothing is to be written down. */
export function correctionOf(task: CorrectionRow): Correction {
  const file: StoredFile = {
    documentId: task.file_document_id,
    storageKey: task.storage_key,
    companyId: task.company_id,
    botId: task.bot_id,
  };
  return {
    task,
    file,
    places: { chroma_delete: [file], s3_delete: [file], cms_delete: [file] },
    touched: task.removal_began_at !== null,
    failures: new Map(),
    unwritten: null,
    end: null,
  };
}

/** Whether the step is one of the task's and still to be done. */
export function isOpen({ task }: Correction, action: CorrectionAction): boolean {
  const proven = {
    s3_delete: task.s3_cleanup_completed,
    chroma_delete: task.chroma_cleanup_completed,
    cms_delete: task.cms_cleanup_completed,
  };
  const settled = proven[action] || task.not_applicable[action] !== undefined;
  return task.correction_actions.includes(action) && !settled;
}

/** A guard that has to wait for an accepted event asks again after this, in milliseconds. */
const WAIT_FOR_EVENTS_MS = 1000;
export const WAITING = 'an accepted event of the file is not applied yet';

/** Nothing was tried: the task goes on in a moment and loses no attempt. */
export function laterWithoutAttempt(reason: string): CorrectionEnd {
  const runAt = new Date(Date.now() + WAIT_FOR_EVENTS_MS);
  return { status: 'pending', reason, runAt, countsAttempt: false };
}

/** Of tasks that are due together, those whose jobs call for all of them: a job takes a set. */
export function callsToWork<Task>({ config }: Deps, tasks: readonly Task[]): Task[] {
  return tasks.filter((_task, nth) => nth % config.CORRECTIONS_PER_RUN === 0);
}
