import { randomUUID } from 'node:crypto';
import { type Completed, completeEmails } from '../db/queries/email-claims.ts';
import type { EmailRow } from '../db/queries/emails.ts';
import type { Mail } from '../db/queries/mails.ts';
import { withDeadline } from '../deadline.ts';
import type { Deps } from '../deps.ts';
import { type AttemptOutcome, afterAttempt, type NextStep } from '../domain/notifications.ts';
import { NotYet, notDue, reasonOf } from '../errors.ts';
import { mailHeaders } from '../mail/headers.ts';
import type { OutgoingMail } from '../mail/message.ts';
import { type Alert, raiseAlert, writeAlert } from './alert.ts';
import { mailAlert, quotaAlert } from './alert-mail.ts';
import { fullList, needsFullList } from './full-list.ts';
import { asWantedNow } from './reword-email.ts';
import { type Objection, suppressionOf } from './suppression.ts';

/** The claim was lost before the body left: somebody else has the mail now. */
class LeaseLost extends Error {
  override name = 'LeaseLost';
}

/** A claim outlives the longest attempt by this, in seconds. */
const LEASE_MARGIN_SECONDS = 60;

/** `email-send`: claim, hand over, record. What the row says decides, never what the queue says. */
export async function sendEmail(deps: Deps, { email_id }: { email_id: number }): Promise<void> {
  const token = randomUUID();
  const transports = deps.config.EMAIL_TRANSPORTS.split(',').length;
  const leaseSeconds = deps.config.SMTP_TIMEOUT_SECONDS * 2 * transports + LEASE_MARGIN_SECONDS;
  const claimed = await deps.mails.claim({ id: email_id, token, leaseSeconds });
  if (!claimed) return waitIfEarly(deps, email_id);

  const { email } = claimed;
  const objection = await suppressionOf(deps, claimed);
  if (objection) return holdBack(deps, email, token, objection);
  const mail = await asWantedNow(deps, claimed, token);
  if (!mail) return;
  const timer = deps.metrics.mailLatency.startTimer();
  const result = await attempt(deps, mail, { token, leaseSeconds });
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

/** Suppresses a claimed mail, or lets go of it until it is known whether it has to be. */
async function holdBack(deps: Deps, email: EmailRow, token: string, objection: Objection) {
  const held = { id: email.id, token, transport: null };
  if ('waitMs' in objection) {
    const nextRetryAt = new Date(Date.now() + objection.waitMs);
    const reason = 'mails ahead of it may use up the quota';
    const wait = { status: 'pending', reason, nextRetryAt, countsAttempt: false } as const;
    await deps.mails.complete({ ...held, completion: wait });
    throw new NotYet(nextRetryAt, reason);
  }
  const alert = await deps.db.sql.begin(async (tx) => {
    const reason = objection.suppress;
    await completeEmails(tx, [{ ...held, completion: { status: 'suppressed', reason } }]);
    return reason === 'quota_exceeded' ? writeAlert(tx, deps, quotaAlert(email, new Date())) : null;
  });
  await raiseAlert(deps, alert);
}

/** The job came early, or the mail is in another state than pending: only the former waits. */
async function waitIfEarly(deps: Deps, id: number): Promise<void> {
  const email = (await deps.mails.mail(id))?.email;
  if (email?.send_status === 'pending' && email.rendered_at && email.next_retry_at)
    throw notDue(email.next_retry_at, 'the next attempt is not due');
}

/** @returns undefined when the claim was lost before anything left */
async function attempt(
  deps: Deps,
  { email, batch }: Mail,
  { token, leaseSeconds }: { token: string; leaseSeconds: number },
): Promise<AttemptOutcome | undefined> {
  const beforeBody = async () => {
    if (!(await deps.mails.handOver({ id: email.id, token }))) throw new LeaseLost();
  };
  try {
    // The whole list of files, where the mail had to cut it.
    const attachments = batch && needsFullList(batch) ? [await fullList(deps.db.sql, batch)] : [];
    const mail = { ...outgoing(deps, email), attachments };
    return await withDeadline(leaseSeconds * 1000, deps.draining, (signal) =>
      deps.transport.send(mail, { beforeBody, signal }),
    );
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
    headers: mailHeaders(email, deps.config, new Date()),
  };
}

async function record(
  deps: Deps,
  email: EmailRow,
  token: string,
  result: AttemptOutcome,
  next: NextStep,
): Promise<void> {
  const { outcome } = result;
  const reason = 'reason' in result ? result.reason : null;
  const completed: Completed = {
    id: email.id,
    token,
    transport: result.via ?? deps.transport.name,
    completion: next,
    attempt: { email, outcome, reason },
  };
  const { held, alert } =
    next.status === 'failed' || next.status === 'unknown'
      ? await completeWithAlert(deps, completed, mailAlert(email, next.status, next.reason))
      : { held: await deps.mails.complete(completed), alert: null };
  if (outcome === 'sent') deps.metrics.mailsSent.inc();
  else deps.metrics.mailErrors.inc({ outcome });
  if (!held) {
    deps.log.error({ email: email.id, outcome }, 'the send outlived its lease');
    return;
  }
  if (next.status === 'sent' && email.batch_id)
    await deps.producer.raise('cms-write-back', [{ payload: { batch_id: email.batch_id } }]);
  await raiseAlert(deps, alert);
}

/** The mail's end and the word to operators, both or neither. */
async function completeWithAlert(deps: Deps, completed: Completed, news: Alert | null) {
  return deps.db.sql.begin(async (tx) => {
    const [held = false] = await completeEmails(tx, [completed]);
    return { held, alert: held && news ? await writeAlert(tx, deps, news) : null };
  });
}

const sendPolicy = ({ config }: Deps) => ({
  backoff: {
    baseMs: config.EMAIL_RETRY_BASE_SECONDS * 1000,
    capMs: config.EMAIL_RETRY_MAX_SECONDS * 1000,
  },
  unknown: config.EMAIL_UNKNOWN_POLICY,
});
