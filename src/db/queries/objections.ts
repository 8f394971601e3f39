import type { Queryable } from '../client.ts';
import type { EmailRow } from './emails.ts';

/** What our own books have against a mail. */
export interface Objections {
  /** The address gets no mail at all: it bounced, complained, or an operator said so. */
  address_suppressed: boolean;
  /** Its owner turned the bot's mails off, and the CMS does not know yet. */
  opted_out: boolean;
}

/** Answers for each mail, in their order. */
export async function objections(
  db: Queryable,
  mails: Pick<EmailRow, 'recipient_email' | 'company_id' | 'bot_id'>[],
): Promise<Objections[]> {
  return db<Objections[]>`
    select
      exists (
        select from suppressed_addresses s where s.email = lower(m.email) and s.lifted_at is null
      ) as address_suppressed,
      exists (
        select from opt_outs o
        where o.company_id = m.company_id and o.bot_id = m.bot_id and o.user_email = m.email
          and o.applied_at is null
      ) as opted_out
    from unnest(
      ${mails.map(({ recipient_email }) => recipient_email)}::text[],
      ${mails.map(({ company_id }) => company_id)}::int[],
      ${mails.map(({ bot_id }) => bot_id)}::int[]
    ) with ordinality as m(email, company_id, bot_id, nth)
    order by m.nth`;
}
