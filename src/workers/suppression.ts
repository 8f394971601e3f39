import { type EmailRow, sentThisMonth } from '../db/queries/emails.ts';
import type { Deps } from '../deps.ts';

/**
 * Why a mail is not to be sent after all, asked right before it is: notifications were turned off
 * since the batch closed, or the company is over its quota. A CMS that does not answer never holds a
 * mail up.
 */
export async function suppressionOf(deps: Deps, email: EmailRow): Promise<string | null> {
  if (email.email_type === 'error_alert') return null;
  if (!deps.config.ENABLE_EMAIL_NOTIFICATIONS) return 'emails_disabled';
  const { company_id, bot_id, recipient_email } = email;
  if (company_id === null || bot_id === null) return null;
  const { settings } = await deps.preferences.resolve({
    company_id,
    bot_id,
    user_email: recipient_email,
  });
  if (!settings.notification_enabled) return 'notifications_disabled';
  return (await overQuota(deps, company_id)) ? 'quota_exceeded' : null;
}

async function overQuota(deps: Deps, companyId: number): Promise<boolean> {
  const quota = await deps.quotas.of(companyId);
  if (quota === null) return false;
  return (await sentThisMonth(deps.db.sql, companyId, new Date())) >= quota;
}
