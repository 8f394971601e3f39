import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FileStatus } from '../contracts/file-events.ts';
import type { Sql } from '../db/client.ts';
import { allReportedFiles } from '../db/queries/mail-content.ts';
import type { ToldBatch } from '../db/queries/mails.ts';
import type { OutgoingMail } from '../mail/message.ts';
import { filesCsv } from '../mail/render/files-csv.ts';
import { LISTED_FILES, type MailFile } from '../mail/render/mail-file.ts';
import { mailFile } from './mail-file.ts';

type Attachment = NonNullable<OutgoingMail['attachments']>[number];

/** Longer lists are compressed, in bytes: many servers take no mail beyond 10 MB. */
const PLAIN_UP_TO = 1_000_000;

/** What the person wants to read of, by status. */
function reported({ user_preferences_snapshot }: ToldBatch): FileStatus[] {
  const wanted: FileStatus[] = ['failed', 'pending', 'processing'];
  return user_preferences_snapshot.include_success_details ? [...wanted, 'success'] : wanted;
}

/** Whether a list in the mail is cut, so that the whole list is attached. */
export function needsFullList(batch: ToldBatch): boolean {
  const unfinished = batch.total_files - batch.successful_files - batch.failed_files;
  const lists = [batch.failed_files, unfinished];
  if (batch.user_preferences_snapshot.include_success_details) lists.push(batch.successful_files);
  return Math.max(...lists) > LISTED_FILES;
}

/** The whole list of a batch as a CSV file, within what the person wants to be told. */
export async function fullList(sql: Sql, batch: ToldBatch): Promise<Attachment> {
  const reasons = batch.user_preferences_snapshot.include_error_details;
  const lines: string[] = [];
  for await (const line of filesCsv(filesOf(sql, batch, reasons))) lines.push(line);
  const content = Buffer.from(lines.join(''));
  const filename = `files-${batch.batch_id}.csv`;
  if (content.length <= PLAIN_UP_TO)
    return { filename, contentType: 'text/csv; charset=utf-8', content };
  return {
    filename: `${filename}.gz`,
    contentType: 'application/gzip',
    content: await promisify(gzip)(content),
  };
}

async function* filesOf(sql: Sql, batch: ToldBatch, reasons: boolean): AsyncGenerator<MailFile> {
  for await (const rows of allReportedFiles(sql, batch.batch_id, reported(batch)))
    for (const row of rows) {
      const file = mailFile(row);
      yield reasons ? file : { ...file, error_message: null, error_category: null };
    }
}
