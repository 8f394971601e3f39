import type { Queryable } from '../db/client.ts';
import { createAlert, type Alert as StoredAlert } from '../db/queries/alerts.ts';
import type { Deps } from '../deps.ts';
import type { AlertKind } from '../mail/locales/locale.ts';
import type { AlertMail } from '../mail/render/error-alert.ts';

/** An alert to operators. `subjectId` only keeps it from being written twice; nobody gets to see it. */
export interface Alert extends StoredAlert {
  kind: AlertKind;
  /** What it is about, as routes name it: a row's id, a scope, a company, a queue, a store. */
  subject: string;
}

/**
 * Tells operators, once per subject, by a mail like any other. Without `OPERATOR_EMAIL` the log is all
 * there is.
 * @param db the transaction of the change that calls for the alert, so that neither is without the other
 * @returns the mail to be raised once that has committed, or null where there is none
 */
export async function writeAlert(db: Queryable, deps: Deps, alert: Alert): Promise<number | null> {
  const { OPERATOR_EMAIL, EMAIL_MAX_ATTEMPTS } = deps.config;
  const { kind, subject, reason } = alert;
  deps.log.error({ kind, subject, reason }, 'an operator is needed');
  if (!OPERATOR_EMAIL) return null;
  return createAlert(db, alert, OPERATOR_EMAIL, EMAIL_MAX_ATTEMPTS);
}

/** What `writeAlert` has written, as the mail that tells it. @param content the mail's `content_data` */
export function alertMail(content: object, appUrl: string | undefined): AlertMail {
  const { kind, subject, subjectId, since, reason, details } = content as Omit<Alert, 'since'> & {
    since: string;
  };
  return {
    kind,
    // Alerts of older releases lack it; the first detail of each says the same.
    subject: subject ?? details[0]?.value ?? subjectId,
    since: new Date(since),
    reason,
    details,
    app_url: appUrl,
  };
}

/** Has a written alert rendered and sent. */
export async function raiseAlert(deps: Deps, emailId: number | null): Promise<void> {
  if (emailId !== null)
    await deps.producer.raise('email-render', [{ payload: { email_id: emailId } }]);
}
