import type { PreferenceOwner } from '../contracts/preferences.ts';
import type { ClaimedMail } from '../db/queries/email-claims.ts';
import type { Deps } from '../deps.ts';
import { STALE_MS } from '../domain/freshness.ts';
import { ownerKey } from '../domain/owner.ts';

/** Why a mail does not leave now: never, for a reason, or not before others have been settled. */
export type Objection = { suppress: string } | { waitMs: number };

/** How long a mail waits for those ahead of it, in milliseconds. */
const WAIT_MS = 1000;

/**
 * Why a mail is not to be sent after all, asked right before it is: the address is suppressed,
 * notifications were turned off since the batch closed, or the company is over its quota. A CMS that
 * does not answer never holds a mail up.
 */
export async function suppressionOf(
  deps: Deps,
  { email, objections }: ClaimedMail,
): Promise<Objection | null> {
  if (objections.address_suppressed) return { suppress: 'address_suppressed' };
  if (email.email_type === 'error_alert') return null;
  if (!deps.config.ENABLE_EMAIL_NOTIFICATIONS) return { suppress: 'emails_disabled' };
  const { company_id, bot_id, recipient_email } = email;
  if (company_id === null || bot_id === null) return null;
  const owner = { company_id, bot_id, user_email: recipient_email };
  if (!(await wantsMail(deps, owner, objections.opted_out_for)))
    return { suppress: 'notifications_disabled' };
  return quotaObjection(deps, { id: email.id, company_id });
}

/**
 * Somebody who turned mails off lately has them off until the CMS says otherwise: this process may not
 * have been told, and remember what was before.
 */
async function wantsMail(
  { preferences }: Deps,
  owner: PreferenceOwner,
  optedOutFor: number | null,
): Promise<boolean> {
  if (optedOutFor === 0) return false;
  if (optedOutFor === null || optedOutFor * 1000 >= STALE_MS)
    return (await preferences.resolve(owner)).settings.notification_enabled;
  const said = await preferences.ask([owner], optedOutFor * 1000);
  return said.get(ownerKey(owner))?.settings.notification_enabled ?? false;
}

async function quotaObjection(
  { quotas, mails }: Deps,
  mail: { id: number; company_id: number },
): Promise<Objection | null> {
  const quota = await quotas.of(mail.company_id);
  if (quota === null) return null;
  const { sent, ahead } = await mails.quotaUse(mail);
  if (sent >= quota) return { suppress: 'quota_exceeded' };
  return sent + ahead >= quota ? { waitMs: WAIT_MS } : null;
}
