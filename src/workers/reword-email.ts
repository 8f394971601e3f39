import { saveReworded } from '../db/queries/email-claims.ts';
import type { Mail } from '../db/queries/mails.ts';
import { saveSettings } from '../db/queries/preferences.ts';
import type { Deps } from '../deps.ts';
import { readAlike, reworded } from '../domain/wording.ts';
import { renderMail } from './render-email.ts';

/**
 * A claimed mail as its reader wants it now: rendered anew where they have changed the format, the
 * language or what is told since their batch closed. Only what the CMS said lately counts.
 * @returns the mail to send and its batch, or undefined where the claim was lost meanwhile
 */
export async function asWantedNow(
  deps: Deps,
  { email, batch }: Mail,
  token: string,
): Promise<Mail | undefined> {
  if (!batch) return { email, batch };
  const { company_id, bot_id, user_email, batch_id, user_preferences_snapshot: before } = batch;
  const { settings, source } = await deps.preferences.resolve({ company_id, bot_id, user_email });
  if (source !== 'cms' && source !== 'cache') return { email, batch };
  if (readAlike(before, settings)) return { email, batch };
  const { sql } = deps.db;
  const wanted = { ...batch, user_preferences_snapshot: reworded(before, settings) };
  await saveSettings(sql, batch_id, wanted.user_preferences_snapshot);
  const rendered = await renderMail(deps, { email, batch: wanted });
  const saved = await saveReworded(sql, email.id, token, rendered);
  return saved && { email: saved, batch: wanted };
}
