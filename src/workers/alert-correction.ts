import type { CorrectionEnd } from '../db/queries/correction-books.ts';
import type { CorrectionRow } from '../db/queries/corrections.ts';
import type { RestoreEnd, RestoreRow } from '../db/queries/restores.ts';
import type { CorrectionAction } from '../domain/corrections.ts';
import { accountText } from '../domain/removal-account.ts';
import type { Alert } from './alert.ts';
import type { Conflict } from './settle-conflict.ts';

/** The ends of a correction that operators are told of: it failed for good, or met a success. */
type TroubledEnd = Extract<CorrectionEnd, { status: 'failed' | 'cancelled' }>;

/** Whether operators are told of an end. */
export const isTroubled = (end: CorrectionEnd): end is TroubledEnd =>
  end.status === 'failed' || (end.status === 'cancelled' && end.conflict);

/**
 * What operators are told of a correction that failed for good or met a success on its way.
 * @param task as it is after its end, with what was proven on the way there
 * @param maxAttempts `MAX_CORRECTION_ATTEMPTS`
 */
export function correctionAlert(
  task: CorrectionRow,
  end: TroubledEnd,
  conflict: Conflict | null,
  maxAttempts: number,
): Alert {
  return {
    kind: end.status === 'cancelled' ? 'correction_conflict' : 'correction_failed',
    subject: String(task.id),
    subjectId: `${task.id}-${task.execution_log.length}`,
    since: task.created_at,
    reason: end.reason,
    details: [
      { label: 'Correction', value: String(task.id) },
      { label: 'File', value: task.file_document_id },
      ...doneAndLeft(task),
      { label: 'Attempts', value: `${task.attempts} of ${maxAttempts}` },
      ...(conflict ? conflictDetails(conflict) : []),
    ],
    companyId: task.company_id,
    botId: task.bot_id,
  };
}

const PLACES: Record<CorrectionAction, string> = {
  chroma_delete: 'search index',
  s3_delete: 'file storage',
  cms_delete: 'CMS record',
};

/** Steps by whether read-back has proven them; those that had nothing to do are neither. */
function doneAndLeft(task: CorrectionRow) {
  const proven = {
    chroma_delete: task.chroma_cleanup_completed,
    s3_delete: task.s3_cleanup_completed,
    cms_delete: task.cms_cleanup_completed,
  };
  const planned = task.correction_actions.filter((action) => !task.not_applicable[action]);
  const places = (done: boolean) =>
    planned
      .filter((action) => proven[action] === done)
      .map((action) => PLACES[action])
      .join(', ') || 'nothing';
  return [
    { label: 'Done', value: places(true) },
    { label: 'Left', value: places(false) },
  ];
}

function conflictDetails({ removed, restoring, notRestored }: Conflict) {
  return [
    { label: 'Removed before that', value: accountText(removed) },
    { label: 'Undo', value: restoring ? 'it is being put back' : `not put back: ${notRestored}` },
  ];
}

/** What operators are told of a restore that was not possible. @returns null for every other end */
export function restoreAlert(restore: RestoreRow, end: RestoreEnd): Alert | null {
  if (end.status !== 'failed' && end.status !== 'refused') return null;
  return {
    kind: 'restore_failed',
    subject: String(restore.correction_id),
    subjectId: `${restore.correction_id}-${restore.requested_at.getTime()}`,
    since: restore.requested_at,
    reason: end.reason,
    details: [
      { label: 'Correction', value: String(restore.correction_id) },
      { label: 'File', value: restore.file_document_id },
      { label: 'Requested by', value: restore.requested_by },
    ],
    companyId: restore.company_id,
    botId: restore.bot_id,
  };
}
