import { type Completed, completeEmails } from '../db/queries/email-claims.ts';
import type { EmailRow } from '../db/queries/emails.ts';
import type { Deps } from '../deps.ts';
import type { AttemptOutcome, NextStep } from '../domain/notifications.ts';
import { type Alert, raiseAlert, writeAlert } from './alert.ts';
import { mailAlert } from './alert-mail.ts';
import { insist } from './insist.ts';

/** A claimed mail; whoever has the token may complete it. */
export interface HeldMail {
  id: number;
  token: string;
  email: EmailRow;
  /** When the lease ends at the latest, by `performance.now()`. */
  until: number;
}

/**
 * Records what came of an attempt and what follows, and sets going what follows. Nobody else knows what
 * the server said: while Postgres is away, it is told again and again as long as the lease lasts.
 */
export async function recordAttempt(
  deps: Deps,
  held: HeldMail,
  result: AttemptOutcome,
  next: NextStep,
): Promise<void> {
  const { id, token, email, until } = held;
  const { outcome } = result;
  const reason = 'reason' in result ? result.reason : null;
  const completed: Completed = {
    id,
    token,
    transport: result.via ?? deps.transport.name,
    completion: next,
    attempt: { email, outcome, reason },
  };
  const news =
    next.status === 'failed' || next.status === 'unknown'
      ? mailAlert(email, next.status, next.reason)
      : null;
  const write = async (again: boolean) => ({
    again,
    ...(await complete(deps, { ...completed, again }, news)),
  });
  const { mine, alert, again } = await insist(write, until, deps.draining);
  if (outcome === 'sent') deps.metrics.mailsSent.inc();
  else deps.metrics.mailErrors.inc({ outcome });
  if (!mine) {
    // A repeat finds no claim where the first try was carried out: what follows is up to the sweep then.
    if (!again) deps.log.error({ email: id, outcome }, 'the send outlived its lease');
    return;
  }
  if (next.status === 'sent' && email.batch_id)
    await deps.producer.raise('cms-write-back', [{ payload: { batch_id: email.batch_id } }]);
  await raiseAlert(deps, alert);
}

/** A mail's end and the word to operators, both or neither. */
async function complete(deps: Deps, completed: Completed, news: Alert | null) {
  if (!news) return { mine: await deps.mails.complete(completed), alert: null };
  return deps.db.sql.begin(async (tx) => {
    const [mine = false] = await completeEmails(tx, [completed]);
    return { mine, alert: mine ? await writeAlert(tx, deps, news) : null };
  });
}
