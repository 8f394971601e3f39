import { randomUUID } from 'node:crypto';
import { createAlert } from '../db/queries/alerts.ts';
import { findBatch } from '../db/queries/batches.ts';
import {
  claimEmail,
  completeEmail,
  type EmailRow,
  findEmail,
  logAttempt,
  recordHandOver,
} from '../db/queries/emails.ts';
import type { Deps } from '../deps.ts';
import { type AttemptOutcome, afterAttempt, type NextStep } from '../domain/notifications.ts';
import { NotYet, reasonOf } from '../errors.ts';
import type { OutgoingMail } from '../mail/message.ts';
import { suppressionOf } from './suppression.ts';

/** The claim was lost before the body left: somebody else has the mail now. */
class LeaseLost extends Error {
  override name = 'LeaseLost';
}

/** A claim outlives the longest attempt by this, in seconds. */
const LEASE_MARGIN_SECONDS = 60;

/** `email-send`: claim, hand over, record. What the row says decides, never what the queue says. */
export async function sendEmail(deps: Deps, { email_id }: { email_id: number }): Promise<void> {
  const { sql } = deps.db;
  const token = randomUUID();
  const lease = deps.config.SMTP_TIMEOUT_SECONDS * 2 + LEASE_MARGIN_SECONDS;
  const email = await claimEmail(sql, email_id, token, lease);
  if (!email) return waitIfEarly(deps, email_id);

  const suppressed = await suppressionOf(deps, email);
  if (suppressed) {
    await completeEmail(sql, email_id, token, null, { status: 'suppressed', reason: suppressed });
    return;
  }
  const timer = deps.metrics.mailLatency.startTimer();
  const result = await attempt(deps, email, token, lease);
  timer();
  if (!result) return;
  const next = afterAttempt(
    result,
    { attempts: email.send_attempts, maxAttempts: email.max_attempts },
    sendPolicy(deps),
    new Date(),
    Math.random(),
  );
  await record(deps, email, token, result, next);
  if (next.status === 'pending')
    throw new NotYet(next.nextRetryAt, `mail not sent: ${next.reason}`);
}

/** The job came early, or the mail is in another state than pending: only the former waits. */
async function waitIfEarly(deps: Deps, id: number): Promise<void> {
  const email = await findEmail(deps.db.sql, id);
  if (email?.send_status === 'pending' && email.rendered_at && email.next_retry_at)
    throw new NotYet(email.next_retry_at, 'the next attempt is not due');
}

/** @returns undefined when the claim was lost before anything left */
async function attempt(
  deps: Deps,
  email: EmailRow,
  token: string,
  lease: number,
): Promise<AttemptOutcome | undefined> {
  const beforeBody = async () => {
    if (!(await recordHandOver(deps.db.sql, email.id, token))) throw new LeaseLost();
  };
  try {
    const signal = AbortSignal.any([deps.draining, AbortSignal.timeout(lease * 1000)]);
    return await deps.transport.send(outgoing(deps, email), { beforeBody, signal });
  } catch (error) {
    if (error instanceof LeaseLost) return undefined;
    return { outcome: 'transient', reason: reasonOf(error) };
  }
}

function outgoing(deps: Deps, email: EmailRow): OutgoingMail {
  return {
    messageId: email.message_id ?? '',
    from: deps.config.FROM_EMAIL,
    to: email.recipient_email,
    subject: email.email_subject,
    text: email.email_content_text ?? '',
    html: email.email_content_html,
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

async function record(
  deps: Deps,
  email: EmailRow,
  token: string,
  result: AttemptOutcome,
  next: NextStep,
): Promise<void> {
  const transport = deps.transport.name;
  const completed = await deps.db.sql.begin(async (tx) => {
    const held = await completeEmail(tx, email.id, token, transport, next);
    await logAttempt(tx, {
      email,
      outcome: result.outcome,
      transport,
      reason: 'reason' in result ? result.reason : null,
      nextRetryAt: next.status === 'pending' ? next.nextRetryAt : null,
    });
    return held;
  });
  if (result.outcome === 'sent') deps.metrics.mailsSent.inc();
  else deps.metrics.mailErrors.inc({ outcome: result.outcome });
  if (!completed) {
    deps.log.error({ email: email.id, outcome: result.outcome }, 'the send outlived its lease');
    return;
  }
  if (next.status === 'sent' && email.batch_id)
    await deps.producer.raise('cms-write-back', [{ payload: { batch_id: email.batch_id } }]);
  if (next.status === 'failed' || next.status === 'unknown')
    await alertOperators(deps, email, next.status, next.reason);
}

/** Operators are told of a mail that failed for good; never of an alert that did. */
export async function alertOperators(
  deps: Deps,
  email: EmailRow,
  status: 'failed' | 'unknown',
  reason: string,
): Promise<void> {
  const { OPERATOR_EMAIL, EMAIL_MAX_ATTEMPTS } = deps.config;
  deps.log.error({ email: email.id, status, reason }, 'a mail needs an operator');
  if (!OPERATOR_EMAIL || email.email_type === 'error_alert') return;
  const batch = email.batch_id ? await findBatch(deps.db.sql, email.batch_id) : undefined;
  const alert = {
    kind: status === 'failed' ? ('email_failed' as const) : ('email_unknown' as const),
    subjectId: String(email.id),
    since: email.created_at,
    reason,
    details: [
      { label: 'Mail', value: String(email.id) },
      { label: 'Batch', value: batch?.batch_id ?? '-' },
      { label: 'Attempts', value: String(email.send_attempts) },
    ],
    companyId: email.company_id,
    botId: email.bot_id,
  };
  const id = await createAlert(deps.db.sql, alert, OPERATOR_EMAIL, EMAIL_MAX_ATTEMPTS);
  if (id !== null) await deps.producer.raise('email-render', [{ payload: { email_id: id } }]);
}

const sendPolicy = ({ config }: Deps) => ({
  backoff: {
    baseMs: config.EMAIL_RETRY_BASE_SECONDS * 1000,
    capMs: config.EMAIL_RETRY_MAX_SECONDS * 1000,
  },
  unknown: config.EMAIL_UNKNOWN_POLICY,
});
