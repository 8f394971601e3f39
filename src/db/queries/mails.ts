import type { Queryable } from '../client.ts';
import type { BatchRow } from './batches.ts';
import type { EmailRow } from './emails.ts';

/** Mails together with the batches they tell of, as whoever renders and sends them needs both. */

/** Columns of a batch that its mail tells of or goes by; they no longer change once it is closed. */
const TOLD = [
  'batch_id',
  'company_id',
  'bot_id',
  'user_email',
  'status',
  'closed_by',
  'batch_start_time',
  'batch_end_time',
  'total_files',
  'successful_files',
  'failed_files',
  'user_preferences_snapshot',
] as const satisfies (keyof BatchRow)[];

/** `has_notices`: removed files that came back may have to be told of as well. */
export type ToldBatch = Pick<BatchRow, (typeof TOLD)[number]> & { has_notices: boolean };

/** A mail and the batch it tells of; alerts and summaries have none. */
export interface Mail {
  email: EmailRow;
  batch: ToldBatch | undefined;
}

/** A row as `withBatch` selects it: the mail's own columns, and its batch's with a prefix. */
export type MailRow = EmailRow & {
  [column in keyof ToldBatch as `batch_${column}`]: ToldBatch[column];
};

/** Takes a row of `withBatch` apart. */
export function mailOf(row: MailRow): Mail {
  if (row.batch_batch_id === null) return { email: row, batch: undefined };
  const batch = Object.fromEntries(
    [...TOLD, 'has_notices' as const].map((column) => [column, row[`batch_${column}`]]),
  ) as ToldBatch;
  return { email: row, batch };
}

/** Reads several mails, in no order. */
export async function findMails(db: Queryable, ids: number[]): Promise<Mail[]> {
  const rows = await db<MailRow[]>`${withBatch(db)} where m.id = any(${ids}::bigint[])`;
  return rows.map(mailOf);
}

/**
 * Selects mails with their batches, to be followed by further joins or a `where` on `m`.
 * @param from where the mails are: a table or a `with` query with all columns of mails
 * @param further columns, each with a comma before it
 */
export function withBatch(db: Queryable, from = db`email_notification_log`, further = db``) {
  const told = TOLD.map((column) => `b.${column} as batch_${column}`).join(', ');
  return db`
    select m.*, ${db.unsafe(told)},
      exists (select from correction_conflicts c where c.told_batch_id = b.batch_id)
      or exists (
        select from correction_conflicts c
        where c.told_batch_id is null and c.company_id = b.company_id and c.bot_id = b.bot_id
          and c.user_email = b.user_email
      ) as batch_has_notices ${further}
    from ${from} m
    left join batch_processing_sessions b
      on b.batch_id = m.batch_id and m.email_type = 'batch_completion'`;
}
