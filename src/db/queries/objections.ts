import type { Queryable } from '../client.ts';

/** What our own books have against a mail. */
export interface Objections {
  /** The address gets no mail at all: it bounced, complained, or an operator said so. */
  address_suppressed: boolean;
  /** Seconds since the CMS has known that its owner turned the bot's mails off; 0: not yet; null: they did not. */
  opted_out_for: number | null;
}

/** Selects `Objections` to each mail of `m`; begins with a comma. */
export const objectionsTo = (db: Queryable) => db`,
  exists (
    select from suppressed_addresses s
    where s.email = lower(m.recipient_email) and s.lifted_at is null
  ) as address_suppressed,
  (
    select min(case when o.applied_at is null then 0
      else greatest(0.001, extract(epoch from clock_timestamp() - o.applied_at)) end)::float8
    from opt_outs o
    where o.company_id = m.company_id and o.bot_id = m.bot_id and o.user_email = m.recipient_email
  ) as opted_out_for`;
