import type { Queryable } from '../db/client.ts';
import { type Alert, createAlert } from '../db/queries/alerts.ts';
import type { Deps } from '../deps.ts';

/**
 * Tells operators, once per subject, by a mail like any other. Without `OPERATOR_EMAIL` the log is all
 * there is.
 * @param db the transaction of the change that calls for the alert, so that neither is without the other
 * @returns the mail to be raised once that has committed, or null where there is none
 */
export async function writeAlert(db: Queryable, deps: Deps, alert: Alert): Promise<number | null> {
  const { OPERATOR_EMAIL, EMAIL_MAX_ATTEMPTS } = deps.config;
  const { kind, subjectId, reason } = alert;
  deps.log.error({ kind, subject: subjectId, reason }, 'an operator is needed');
  if (!OPERATOR_EMAIL) return null;
  return createAlert(db, alert, OPERATOR_EMAIL, EMAIL_MAX_ATTEMPTS);
}

/** Has a written alert rendered and sent. */
export async function raiseAlert(deps: Deps, emailId: number | null): Promise<void> {
  if (emailId !== null)
    await deps.producer.raise('email-render', [{ payload: { email_id: emailId } }]);
}
