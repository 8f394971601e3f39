import type { CorrectionEnd } from '../db/queries/correction-books.ts';
import type { CorrectionRow } from '../db/queries/corrections.ts';
import type { RestoreEnd, RestoreRow } from '../db/queries/restores.ts';
import { accountText } from '../domain/removal-account.ts';
import type { Alert } from './alert.ts';
import type { Conflict } from './settle-conflict.ts';

/**
 * What operators are told of a correction that failed for good or met a success on its way.
 * @returns null for every other end
 */
export function correctionAlert(
  task: CorrectionRow,
  end: CorrectionEnd,
  conflict: Conflict | null,
): Alert | null {
  const met = end.status === 'cancelled' && end.conflict;
  if (end.status !== 'failed' && !met) return null;
  return {
    kind: met ? 'correction_conflict' : 'correction_failed',
    subject: String(task.id),
    subjectId: `${task.id}-${task.execution_log.length}`,
    since: task.created_at,
    reason: end.reason,
    details: [
      { label: 'Correction', value: String(task.id) },
      { label: 'File', value: task.file_document_id },
      { label: 'Steps', value: task.correction_actions.join(', ') },
      { label: 'Attempts', value: String(task.attempts) },
      ...(conflict ? conflictDetails(conflict) : []),
    ],
    companyId: task.company_id,
    botId: task.bot_id,
  };
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
