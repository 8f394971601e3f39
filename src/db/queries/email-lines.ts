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
const LONG_LINE = 1000;

/** The place of each mail in its company's line of pending mails, from 1. */
export async function placesInLine(db: Queryable, ids: number[]): Promise<Map<number, number>> {
  const rows = await db<Placed[]>`
    with wanted as (
      select id, company_id from email_notification_log where id = any(${ids}::bigint[])
    ), ${placing(db)}`;
  return placesOf(rows);
}

/** A mail and its place in line. */
export interface Placed {
  id: number;
  place: number;
}

/** The places by the ids of their mails. */
export const placesOf = (rows: Placed[]) => new Map(rows.map(({ id, place }) => [id, place]));

/**
 * The rest of a `with` query that answers `Placed`: the mails are in `wanted`, with `id` and `company_id`.
 * The line is counted once for all mails of a company: up to the first of them, which the others follow.
 * @param further columns of `wanted`, each with a comma after it
 */
export const placing = (db: Queryable, further = db``) => db`
  mails as (
    select ${further} id, company_id, min(id) over company as first, row_number() over company as nth
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
  select ${further} id, case when company_id is null then 1 else (ahead + nth)::int end as place
  from mails left join lines using (company_id, first)`;

/** What a company's quota counts beside a claimed mail. */
export interface QuotaUse {
  /** Its mails sent in this UTC month. */
  sent: number;
  /** Those claimed before this one, which may yet be. */
  ahead: number;
}

/**
 * Counts for claimed mails what the quotas of their companies do, in the order given: once for all mails of
 * a company, which Postgres would do for each unless it is told to keep what it counted.
 */
export async function quotaUse(
  db: Queryable,
  mails: { id: number; company_id: number }[],
): Promise<QuotaUse[]> {
  const rows = await db<QuotaUse[]>`
    with asked as (
      select * from unnest(
        ${mails.map(({ id }) => id)}::bigint[], ${mails.map((mail) => mail.company_id)}::int[]
      ) with ordinality as a(id, company_id, nth)
    ), used as materialized (
      select company_id, (
        select count(*) from email_notification_log m
        where m.company_id = c.company_id and m.send_status = 'sent'
          and m.email_type <> 'error_alert'
          and m.sent_at >= date_trunc('month', now() at time zone 'utc') at time zone 'utc'
      )::int as sent
      from (select distinct company_id from asked) c
    ), claimed as materialized (
      select id, row_number() over (partition by company_id order by lease_expires_at, id) - 1 as ahead
      from email_notification_log
      where send_status = 'sending' and email_type <> 'error_alert'
        and company_id = any(${[...new Set(mails.map((mail) => mail.company_id))]}::int[])
    )
    select u.sent, coalesce(c.ahead, 0)::int as ahead
    from asked a join used u using (company_id) left join claimed c on c.id = a.id
    order by a.nth`;
  return [...rows];
}
