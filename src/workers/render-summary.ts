import { summaryData } from '../contracts/summaries.ts';
import type { EmailRow } from '../db/queries/emails.ts';
import { summedBatches, summedFailures } from '../db/queries/summaries.ts';
import type { Deps } from '../deps.ts';
import { PermanentError } from '../errors.ts';
import { LISTED_FILES } from '../mail/render/mail-file.ts';
import { renderSummary } from '../mail/render/summary.ts';
import type { RenderedMail } from '../mail/render/templates.ts';
import { unsubscribeUrl } from '../mail/unsubscribe-url.ts';
import { mailFile } from './mail-file.ts';

/** Renders the mail of a summary from what the person's batches of the period say now. */
export async function renderSummaryMail(deps: Deps, email: EmailRow): Promise<RenderedMail> {
  const { company_id, bot_id, recipient_email: user_email } = email;
  const data = summaryData.safeParse(email.content_data);
  if (!data.success || company_id === null || bot_id === null)
    throw new PermanentError(`mail ${email.id} lacks the data of a summary`);
  const owner = { company_id, bot_id, user_email };
  const [from, to] = [new Date(data.data.from), new Date(data.data.to)];
  const { sql } = deps.db;
  const [{ settings }, summed, failed] = await Promise.all([
    deps.preferences.resolve(owner),
    summedBatches(sql, owner, from, to, LISTED_FILES),
    summedFailures(sql, owner, from, to, LISTED_FILES),
  ]);
  return renderSummary({
    period: data.data.period,
    from,
    to,
    user_email,
    ...summed,
    failed: failed.map(mailFile),
    preferences: settings,
    app_url: deps.config.APP_URL,
    unsubscribe_url: unsubscribeUrl(email, deps.config, new Date()),
  });
}
