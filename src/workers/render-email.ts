import { type EmailRow, failEmail } from '../db/queries/emails.ts';
import type { Mail } from '../db/queries/mails.ts';
import type { Deps } from '../deps.ts';
import { PermanentError } from '../errors.ts';
import { messageIdFor } from '../mail/message.ts';
import type { RenderedMail } from '../mail/render/batch-completion.ts';
import {
  LISTED_FILES,
  type MailFile,
  renderBatchCompletion,
} from '../mail/render/batch-completion.ts';
import { renderErrorAlert } from '../mail/render/error-alert.ts';
import { unsubscribeUrl } from '../mail/unsubscribe-url.ts';
import { alertMail } from './alert.ts';
import { conflictNotices } from './conflict-notices.ts';
import { needsFullList } from './full-list.ts';
import { mailFile } from './mail-file.ts';
import { renderSummaryMail } from './render-summary.ts';

/** `email-render`: turns a pending mail's data into subject, HTML and text, kept on its row. */
export async function renderEmail(deps: Deps, { email_id }: { email_id: number }): Promise<void> {
  const mail = await deps.mails.mail(email_id);
  if (mail?.email.send_status !== 'pending') return;
  const place = mail.email.rendered_at
    ? await deps.mails.place(email_id)
    : await renderAndSave(deps, mail);
  if (place) await deps.producer.raise('email-send', [{ payload: { email_id }, place }]);
}

/** @returns the mail's place in its company's line; undefined where it is not pending any more */
async function renderAndSave(deps: Deps, mail: Mail): Promise<number | undefined> {
  const { id, created_at } = mail.email;
  try {
    const rendered = await renderMail(deps, mail);
    const messageId = messageIdFor(`${id}.${created_at.getTime()}`, deps.config.FROM_EMAIL);
    return await deps.mails.saveRendered({ ...rendered, id, messageId });
  } catch (error) {
    if (error instanceof PermanentError) await failEmail(deps.db.sql, id, error.message);
    throw error;
  }
}

/** @throws PermanentError where the mail has nothing to be made of */
export async function renderMail(deps: Deps, mail: Mail): Promise<RenderedMail> {
  const { email_type } = mail.email;
  if (email_type === 'error_alert') return renderAlert(deps, mail.email);
  if (email_type === 'summary') return renderSummaryMail(deps, mail.email);
  return renderBatch(deps, mail);
}

function renderAlert({ config }: Deps, { id, content_data }: EmailRow): Promise<RenderedMail> {
  if (!content_data) throw new PermanentError(`the content of mail ${id} was erased`);
  return renderErrorAlert(alertMail(content_data, config.APP_URL));
}

async function renderBatch(deps: Deps, { email, batch }: Mail): Promise<RenderedMail> {
  const { mails } = deps;
  if (!batch?.closed_by || !batch.batch_end_time)
    throw new PermanentError(`mail ${email.id} belongs to no closed batch`);
  const { batch_id } = batch;
  const listed = async (count: number, ...statuses: MailFile['processing_status'][]) =>
    count === 0
      ? []
      : (await mails.files({ batch_id, statuses, limit: LISTED_FILES })).map(mailFile);
  const [conflicts, failed, unfinished, successful] = await Promise.all([
    batch.has_notices ? conflictNotices(deps, batch) : [],
    listed(batch.failed_files, 'failed'),
    listed(
      batch.total_files - batch.successful_files - batch.failed_files,
      'pending',
      'processing',
    ),
    listed(batch.successful_files, 'success'),
  ]);
  return renderBatchCompletion({
    conflicts,
    batch_id,
    company_id: batch.company_id,
    bot_id: batch.bot_id,
    user_email: batch.user_email,
    closed_by: batch.closed_by,
    status: batch.status as 'completed' | 'failed' | 'partially_completed',
    batch_start_time: batch.batch_start_time,
    batch_end_time: batch.batch_end_time,
    total_files: batch.total_files,
    successful_files: batch.successful_files,
    failed_files: batch.failed_files,
    preferences: batch.user_preferences_snapshot,
    files: { failed, unfinished, successful },
    app_url: deps.config.APP_URL,
    unsubscribe_url: unsubscribeUrl(email, deps.config, new Date()),
    attachment: needsFullList(batch),
  });
}
