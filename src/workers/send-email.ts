import { randomUUID } from 'node:crypto';
import { isDatabaseDown } from '../db/client.ts';
import { type ClaimedMail, completeEmails } from '../db/queries/email-claims.ts';
import type { EmailRow } from '../db/queries/emails.ts';
import type { Mail } from '../db/queries/mails.ts';
import { withDeadline } from '../deadline.ts';
import type { Deps } from '../deps.ts';
import { type AttemptOutcome, afterAttempt } from '../domain/notifications.ts';
import { NotYet, notDue, PermanentError, reasonOf } from '../errors.ts';
import { mailHeaders } from '../mail/headers.ts';
import type { OutgoingMail } from '../mail/message.ts';
import { raiseAlert, writeAlert } from './alert.ts';
import { quotaAlert } from './alert-mail.ts';
import { fullList, needsFullList } from './full-list.ts';
import { type HeldMail, recordAttempt } from './record-attempt.ts';
import { asWantedNow } from './reword-email.ts';
import { type Objection, suppressionOf } from './suppression.ts';

/** The claim was lost before the body left: somebody else has the mail now. */
class LeaseLost extends Error {
  override name = 'LeaseLost';
}

/** A claim outlives the longest attempt by this, in seconds: as long may a mail wait in line. */
const LEASE_MARGIN_SECONDS = 60;
/** A mail that Postgres has kept from leaving is tried again after this, in milliseconds. */
const SOON_MS = 1000;

/** In seconds, over all transports. */
const longestAttempt = ({ config }: Deps): number =>
  config.SMTP_TIMEOUT_SECONDS * 2 * config.EMAIL_TRANSPORTS.split(',').length;

/** `email-send`: claim, hand over, record. What the row says decides, never what the queue says. */
export async function sendEmail(deps: Deps, { email_id }: { email_id: number }): Promise<void> {
  const leaseSeconds = longestAttempt(deps) + LEASE_MARGIN_SECONDS;
  const claim = { id: email_id, token: randomUUID(), leaseSeconds };
  // Reckoned from before the claim: the lease in the row ends later, if anything.
  const until = performance.now() + leaseSeconds * 1000;
  const claimed = await deps.mails.claim(claim);
  if (!claimed) return waitIfEarly(deps, email_id);
  const held: HeldMail = { ...claim, email: claimed.email, until };
  const result = await sendClaimed(deps, claimed, held);
  if (!result) return;
  const { send_attempts: attempts, max_attempts: maxAttempts } = claimed.email;
  const counts = { attempts, maxAttempts };
  const next = afterAttempt(result, counts, sendPolicy(deps), new Date(), Math.random());
  await recordAttempt(deps, held, result, next);
  if (next.status === 'pending')
    throw new NotYet(next.nextRetryAt, `mail not sent: ${next.reason}`);
}

/** @returns undefined where the mail is not to be sent, or was lost to somebody else before it left */
async function sendClaimed(
  deps: Deps,
  claimed: ClaimedMail,
  held: HeldMail,
): Promise<AttemptOutcome | undefined> {
  try {
    const objection = await suppressionOf(deps, claimed);
    if (objection) return await holdBack(deps, held, objection);
    const mail = await asWantedNow(deps, claimed, held.token);
    return mail && (await attempt(deps, mail, held));
  } catch (error) {
    if (error instanceof LeaseLost) return undefined;
    if (error instanceof NotYet) throw error;
    // Nothing has left; the claim is given back instead of being left to run out.
    deps.log.warn({ err: error, email: held.id }, 'a mail could not be handed over');
    return notHandedOver(error);
  }
}

/** That Postgres is away is not the mail's fault and costs it no attempt; anything else may be. */
function notHandedOver(error: unknown): AttemptOutcome {
  const reason = reasonOf(error);
  if (isDatabaseDown(error)) return { outcome: 'unavailable', reason, retryAfterMs: SOON_MS };
  return { outcome: error instanceof PermanentError ? 'permanent' : 'transient', reason };
}

/** Suppresses a claimed mail, or lets go of it until it is known whether it has to be. */
async function holdBack(deps: Deps, held: HeldMail, objection: Objection): Promise<undefined> {
  const { id, token, email } = held;
  if ('waitMs' in objection) {
    const nextRetryAt = new Date(Date.now() + objection.waitMs);
    const reason = 'mails ahead of it may use up the quota';
    const wait = { status: 'pending', reason, nextRetryAt, countsAttempt: false } as const;
    await deps.mails.complete({ id, token, transport: null, completion: wait });
    throw new NotYet(nextRetryAt, reason);
  }
  const alert = await deps.db.sql.begin(async (tx) => {
    const reason = objection.suppress;
    const completion = { status: 'suppressed', reason } as const;
    await completeEmails(tx, [{ id, token, transport: null, completion }]);
    return reason === 'quota_exceeded' ? writeAlert(tx, deps, quotaAlert(email, new Date())) : null;
  });
  await raiseAlert(deps, alert);
}

/** The job came early, or met a lock, or the mail is not pending any more: only then is there no other try. */
async function waitIfEarly(deps: Deps, id: number): Promise<void> {
  const email = (await deps.mails.mail(id))?.email;
  if (email?.send_status === 'pending' && email.rendered_at)
    throw notDue(
      email.next_retry_at ?? new Date(),
      'the next attempt is not due, or the row locked',
    );
}

/** @throws LeaseLost, or whatever kept the mail from being handed over */
async function attempt(
  deps: Deps,
  { email, batch }: Mail,
  { token, until }: HeldMail,
): Promise<AttemptOutcome> {
  const timer = deps.metrics.mailLatency.startTimer();
  try {
    // The whole list of files, where the mail had to cut it.
    const attachments = batch && needsFullList(batch) ? [await fullList(deps.db.sql, batch)] : [];
    const mail = { ...outgoing(deps, email), attachments };
    const beforeBody = async () => {
      if (!(await deps.mails.handOver({ id: email.id, token }))) throw new LeaseLost();
    };
    // Whose turn comes too late for a whole attempt within the lease gives the claim back unused.
    const startBy = until - longestAttempt(deps) * 1000;
    return await withDeadline(until - performance.now(), deps.draining, (signal) =>
      deps.transport.send(mail, { beforeBody, signal, startBy }),
    );
  } finally {
    timer();
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

const sendPolicy = ({ config }: Deps) => ({
  backoff: {
    baseMs: config.EMAIL_RETRY_BASE_SECONDS * 1000,
    capMs: config.EMAIL_RETRY_MAX_SECONDS * 1000,
  },
  unknown: config.EMAIL_UNKNOWN_POLICY,
});
