import { randomUUID } from 'node:crypto';
import { findBatch } from '../db/queries/batches.ts';
import {
  claimEmail,
  completeEmail,
  logAttempt,
  recordHandOver,
} from '../db/queries/email-claims.ts';
import { type EmailRow, findEmail } from '../db/queries/emails.ts';
import { withDeadline } from '../deadline.ts';
import type { Deps } from '../deps.ts';
import { type AttemptOutcome, afterAttempt, type NextStep } from '../domain/notifications.ts';
import { NotYet, reasonOf } from '../errors.ts';
import { mailHeaders } from '../mail/headers.ts';
import type { OutgoingMail } from '../mail/message.ts';
import { raiseAlert, writeAlert } from './alert.ts';
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
  const { sql } = deps.db;
  const token = randomUUID();
  const transports = deps.config.EMAIL_TRANSPORTS.split(',').length;
  const lease = deps.config.SMTP_TIMEOUT_SECONDS * 2 * transports + LEASE_MARGIN_SECONDS;
  const email = await claimEmail(sql, email_id, token, lease);
  if (!email) return waitIfEarly(deps, email_id);

  const objection = await suppressionOf(deps, email);
  if (objection) return holdBack(deps, email, token, objection);
  const mail = await asWantedNow(deps, email, token);
  if (!mail) return;
  const timer = deps.metrics.mailLatency.startTimer();
  const result = await attempt(deps, mail, token, lease);
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
  if ('waitMs' in objection) {
    const nextRetryAt = new Date(Date.now() + objection.waitMs);
    const reason = 'mails ahead of it may use up the quota';
    const wait = { status: 'pending', reason, nextRetryAt, countsAttempt: false } as const;
    await completeEmail(deps.db.sql, email.id, token, null, wait);
    throw new NotYet(nextRetryAt, reason);
  }
  const alert = await deps.db.sql.begin(async (tx) => {
    const reason = objection.suppress;
    await completeEmail(tx, email.id, token, null, { status: 'suppressed', reason });
    return reason === 'quota_exceeded' ? writeAlert(tx, deps, quotaAlert(email, new Date())) : null;
  });
  await raiseAlert(deps, alert);
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
    const attachments = await attachmentsOf(deps, email);
    const mail = { ...outgoing(deps, email), attachments };
    return await withDeadline(lease * 1000, deps.draining, (signal) =>
      deps.transport.send(mail, { beforeBody, signal }),
    );
  } catch (error) {
    if (error instanceof LeaseLost) return undefined;
    return { outcome: 'transient', reason: reasonOf(error) };
  }
}

/** The whole list of files, where the mail had to cut it. */
async function attachmentsOf(deps: Deps, email: EmailRow): Promise<OutgoingMail['attachments']> {
  if (email.email_type !== 'batch_completion' || !email.batch_id) return [];
  const batch = await findBatch(deps.db.sql, email.batch_id);
  return batch && needsFullList(batch) ? [await fullList(deps.db.sql, batch)] : [];
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
  const transport = result.via ?? deps.transport.name;
  const { held, alert } = await deps.db.sql.begin(async (tx) => {
    const held = await completeEmail(tx, email.id, token, transport, next);
    await logAttempt(tx, {
      email,
      outcome: result.outcome,
      transport,
      reason: 'reason' in result ? result.reason : null,
      nextRetryAt: next.status === 'pending' ? next.nextRetryAt : null,
    });
    const ended = next.status === 'failed' || next.status === 'unknown';
    const news = held && ended ? mailAlert(email, next.status, next.reason) : null;
    return { held, alert: news && (await writeAlert(tx, deps, news)) };
  });
  if (result.outcome === 'sent') deps.metrics.mailsSent.inc();
  else deps.metrics.mailErrors.inc({ outcome: result.outcome });
  if (!held) {
    deps.log.error({ email: email.id, outcome: result.outcome }, 'the send outlived its lease');
    return;
  }
  if (next.status === 'sent' && email.batch_id)
    await deps.producer.raise('cms-write-back', [{ payload: { batch_id: email.batch_id } }]);
  await raiseAlert(deps, alert);
}

const sendPolicy = ({ config }: Deps) => ({
  backoff: {
    baseMs: config.EMAIL_RETRY_BASE_SECONDS * 1000,
    capMs: config.EMAIL_RETRY_MAX_SECONDS * 1000,
  },
  unknown: config.EMAIL_UNKNOWN_POLICY,
});
