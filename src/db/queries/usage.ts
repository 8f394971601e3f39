import type { Queryable } from '../client.ts';

/** The UTC month a mail is counted in, as Postgres and we write it. */
const MONTH = (db: Queryable) => db`to_char(now() at time zone 'utc', 'YYYY-MM')`;

/**
 * From now on the CMS is told of this company's use of its quota.
 * @returns whether it was not before
 */
export async function watchUsage(db: Queryable, companyId: number): Promise<boolean> {
  const { count } = await db`
    insert into company_notification_usage (company_id) values (${companyId})
    on conflict do nothing`;
  return count > 0;
}

/** A mail that is being recorded while others are counted is found by the next count. */
const OVERLAP = '1 minute';

/**
 * Companies with mails that were not counted yet, or a new month, and nobody asking the CMS since
 * `attemptedBefore`: so that a thousand mails do not become a thousand requests.
 */
export function dueUsage(db: Queryable, attemptedBefore: Date) {
  return db<{ company_id: number }[]>`
    select company_id from company_notification_usage u
    where (attempted_at is null or attempted_at < ${attemptedBefore})
      and (told_month is null or told_month <> ${MONTH(db)} or exists (
        select from email_notification_log m
        where m.company_id = u.company_id and m.send_status = 'sent'
          and m.sent_at > u.counted_at - ${OVERLAP}::interval))
    order by attempted_at nulls first`;
}

/** What is to be told of a company: its mails of this UTC month, as its quota counts them. */
export interface Usage {
  month: string;
  usage: number;
  counted_at: Date;
  /** The CMS has acknowledged this very number. */
  told: boolean;
}

/** Counts a company's mails of this month and notes that somebody is about to tell the CMS. */
export async function countUsage(db: Queryable, companyId: number): Promise<Usage | undefined> {
  const [row] = await db<Usage[]>`
    update company_notification_usage set attempted_at = now()
    from (
      select count(*)::int as usage from email_notification_log
      where company_id = ${companyId} and send_status = 'sent' and email_type <> 'error_alert'
        and sent_at >= date_trunc('month', now() at time zone 'utc') at time zone 'utc'
    ) counted
    where company_id = ${companyId}
    returning ${MONTH(db)} as month, counted.usage, now() as counted_at,
      coalesce(told_month = ${MONTH(db)} and told_usage = counted.usage, false) as told`;
  return row;
}

/** The CMS knows the number, or knows nothing of the company. */
export async function markUsageTold(
  db: Queryable,
  companyId: number,
  { month, usage, counted_at, told }: Usage,
): Promise<void> {
  await db`
    update company_notification_usage set told_month = ${month}, told_usage = ${usage},
      counted_at = ${counted_at}, told_at = case when ${told} then told_at else now() end
    where company_id = ${companyId}`;
}

/** What the CMS has acknowledged of a company this month. */
export interface ToldUsage {
  company_id: number;
  told_usage: number;
  written_at: Date;
}

/** Companies from `rank` on, counted from the last one the CMS was told of. */
export async function toldUsageFrom(
  db: Queryable,
  since: Date,
  rank: number,
  limit: number,
): Promise<ToldUsage[]> {
  return db<ToldUsage[]>`
    select company_id, told_usage, told_at as written_at from company_notification_usage
    where told_month = ${MONTH(db)} and told_at >= ${since}
    order by told_at desc, company_id offset ${rank} limit ${limit}`;
}

/** Has the CMS told again of every company it was told of since then. @returns how many */
export async function tellUsageSince(db: Queryable, since: Date): Promise<number> {
  const { count } = await db`
    update company_notification_usage set told_month = null, told_usage = null, attempted_at = null
    where told_at >= ${since}`;
  return count;
}
