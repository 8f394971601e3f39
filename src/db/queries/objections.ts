import type { Queryable } from '../client.ts';

/** What our own books have against a mail. */
export interface Objections {
  /** The address gets no mail at all: it bounced, complained, or an operator said so. */
  address_suppressed: boolean;
  /** Its owner turned the bot's mails off, and the CMS does not know yet. */
  opted_out: boolean;
}

/** Selects `Objections` to each mail of `m`; begins with a comma. */
export const objectionsTo = (db: Queryable) => db`,
  exists (
    select from suppressed_addresses s
    where s.email = lower(m.recipient_email) and s.lifted_at is null
  ) as address_suppressed,
  exists (
    select from opt_outs o
    where o.company_id = m.company_id and o.bot_id = m.bot_id and o.user_email = m.recipient_email
      and o.applied_at is null
  ) as opted_out`;
