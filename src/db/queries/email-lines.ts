import type { Queryable } from '../client.ts';
import type { EmailRow } from './emails.ts';

/** Which mails are due, and in which order. */

/**
 * Mails that are due and pending.
 * @param settledBefore leaves rows alone that were touched after this, their jobs being on the way
 */
export function overdueEmails(db: Queryable, settledBefore: Date) {
  return db<{ id: number; rendered: boolean; place: number }[]>`
    select id, rendered_at is not null as rendered,
      row_number() over (partition by company_id order by id)::int as place
    from email_notification_log
    where send_status = 'pending' and (next_retry_at is null or next_retry_at <= now())
      and updated_at < ${settledBefore}
    order by id`;
}

/** Counting a company's line stops here: further back it makes no difference to the others. */
const LONG_LINE = 5000;

/** The place of each mail in its company's line of pending mails, from 1. */
export async function placesInLine(db: Queryable, ids: number[]): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db<{ id: number; place: number }[]>`
    select m.id, 1 + line.ahead as place
    from email_notification_log m, lateral (
      select count(*)::int as ahead from (
        select from email_notification_log o
        where o.company_id = m.company_id and o.send_status = 'pending' and o.id < m.id
        limit ${LONG_LINE}
      ) ahead
    ) line
    where m.id = any(${ids}::bigint[])`;
  return new Map(rows.map(({ id, place }) => [id, place]));
}

/**
 * What a company's quota counts: its mails `sent` in the UTC month of `at`, and those claimed `ahead`
 * of this one, which may yet be.
 */
export async function quotaUse(
  db: Queryable,
  mail: Pick<EmailRow, 'id' | 'company_id'>,
  at: Date,
): Promise<{ sent: number; ahead: number }> {
  const month = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1));
  const [row] = await db<{ sent: number; ahead: number }[]>`
    select count(*) filter (where send_status = 'sent')::int as sent,
      count(*) filter (where send_status = 'sending')::int as ahead
    from email_notification_log
    where company_id = ${mail.company_id} and email_type <> 'error_alert'
      and ((send_status = 'sent' and sent_at >= ${month})
        or (send_status = 'sending' and (lease_expires_at, id) < (
          select lease_expires_at, id from email_notification_log where id = ${mail.id})))`;
  return row ?? { sent: 0, ahead: 0 };
}
