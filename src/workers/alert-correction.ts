import type { Alert } from '../db/queries/alerts.ts';
import type { CorrectionEnd, CorrectionRow } from '../db/queries/corrections.ts';

/**
 * What operators are told of a correction that failed for good or met a success on its way.
 * @returns null for every other end
 */
export function correctionAlert(task: CorrectionRow, end: CorrectionEnd): Alert | null {
  const met = end.status === 'cancelled' && end.conflict;
  if (end.status !== 'failed' && !met) return null;
  return {
    kind: met ? 'correction_conflict' : 'correction_failed',
    subjectId: `${task.id}-${task.execution_log.length}`,
    since: task.created_at,
    reason: end.reason,
    details: [
      { label: 'Correction', value: String(task.id) },
      { label: 'File', value: task.file_document_id },
      { label: 'Steps', value: task.correction_actions.join(', ') },
      { label: 'Attempts', value: String(task.attempts) },
    ],
    companyId: task.company_id,
    botId: task.bot_id,
  };
}
