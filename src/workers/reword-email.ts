import { saveReworded } from '../db/queries/email-claims.ts';
import type { EmailRow } from '../db/queries/emails.ts';
import type { Mail } from '../db/queries/mails.ts';
import { saveSettings } from '../db/queries/preferences.ts';
import type { Deps } from '../deps.ts';
import { readAlike, reworded } from '../domain/wording.ts';
import { renderMail } from './render-email.ts';

/**
 * A claimed mail as its reader wants it now: rendered anew where they have changed the format, the
 * language or what is told since their batch closed. Only what the CMS said lately counts.
 * @returns the mail to send, or undefined where the claim was lost meanwhile
 */
export async function asWantedNow(
  deps: Deps,
  { email, batch }: Mail,
  token: string,
): Promise<EmailRow | undefined> {
  if (!batch) return email;
  const { company_id, bot_id, user_email, batch_id } = batch;
  const { settings, source } = await deps.preferences.resolve({ company_id, bot_id, user_email });
  if (source !== 'cms' && source !== 'cache') return email;
  if (readAlike(batch.user_preferences_snapshot, settings)) return email;
  const { sql } = deps.db;
  await saveSettings(sql, batch_id, reworded(batch.user_preferences_snapshot, settings));
  return saveReworded(sql, email.id, token, await renderMail(deps, { email, batch }));
}
