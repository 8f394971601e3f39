import { createAlert } from '../db/queries/alerts.ts';
import type { CorrectionEnd, CorrectionRow } from '../db/queries/corrections.ts';
import type { Deps } from '../deps.ts';

/** Tells operators of a correction that failed for good or met a success on its way. */
export async function alertCorrection(
  deps: Deps,
  task: CorrectionRow,
  end: Extract<CorrectionEnd, { status: 'failed' | 'cancelled' }>,
): Promise<void> {
  const { OPERATOR_EMAIL, EMAIL_MAX_ATTEMPTS } = deps.config;
  deps.log.error({ correction: task.id, reason: end.reason }, 'a correction needs an operator');
  if (!OPERATOR_EMAIL) return;
  const alert = {
    kind: end.status === 'failed' ? 'correction_failed' : 'correction_conflict',
    subjectId: `${task.id}-${task.attempts}`,
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
  const id = await createAlert(deps.db.sql, alert, OPERATOR_EMAIL, EMAIL_MAX_ATTEMPTS);
  if (id !== null) await deps.producer.raise('email-render', [{ payload: { email_id: id } }]);
}
