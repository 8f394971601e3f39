import type { Queryable } from '../client.ts';

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

/** Mails by their ids, for `placesInLine`. */
export const mailsOf = (db: Queryable, ids: number[]) =>
  db`select id, company_id from email_notification_log where id = any(${ids}::bigint[])`;

/**
 * The place of each mail in its company's line of pending mails, from 1. The line is counted once for
 * all mails of a company: up to the first of them, which the others follow.
 * @param mails a statement that answers their `id` and `company_id`, whatever else it does
 */
export async function placesInLine(
  db: Queryable,
  mails: ReturnType<typeof mailsOf>,
): Promise<Map<number, number>> {
  const rows = await db<{ id: number; place: number }[]>`
    with wanted as (${mails}), mails as (
      select id, company_id, min(id) over company as first, row_number() over company as nth
      from wanted window company as (partition by company_id order by id)
    ), lines as (
      select company_id, first, (
        select count(*) from (
          select from email_notification_log o
          where o.company_id = m.company_id and o.send_status = 'pending' and o.id < m.first
          limit ${LONG_LINE}
        ) before
      ) as ahead
      from mails m where nth = 1
    )
    select id, case when company_id is null then 1 else (ahead + nth)::int end as place
    from mails left join lines using (company_id, first)`;
  return new Map(rows.map(({ id, place }) => [id, place]));
}

/**
 * What a company's quota counts: its mails `sent` in the UTC month of `at`, and those claimed `ahead`
 * of this one, which may yet be.
 */
export async function quotaUse(
  db: Queryable,
  mail: { id: number; company_id: number | null },
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
