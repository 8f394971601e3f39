import type { PreferenceOwner } from '../../contracts/preferences.ts';
import type { Queryable } from '../client.ts';

/** Somebody turned a bot's mails off. Saying so again changes nothing while the first is under way. */
export async function recordOptOut(db: Queryable, owner: PreferenceOwner): Promise<void> {
  await db`
    insert into opt_outs (company_id, bot_id, user_email)
    values (${owner.company_id}, ${owner.bot_id}, ${owner.user_email})
    on conflict (company_id, bot_id, user_email) where applied_at is null do nothing`;
}

/**
 * Takes the opt-outs the CMS is to be told of, those never tried first.
 * @param retrySeconds leaves alone what was tried less than this ago
 */
export function takeOpenOptOuts(db: Queryable, retrySeconds: number, limit: number) {
  return db<(PreferenceOwner & { id: number })[]>`
    update opt_outs o set attempted_at = now()
    from (
      select id from opt_outs
      where applied_at is null and (attempted_at is null
        or attempted_at < now() - make_interval(secs => ${retrySeconds}))
      order by attempted_at nulls first limit ${limit} for update skip locked
    ) due
    where o.id = due.id
    returning o.id, o.company_id, o.bot_id, o.user_email`;
}

/** The CMS has taken an opt-out over. */
export async function markOptOutApplied(db: Queryable, id: number): Promise<void> {
  await db`update opt_outs set applied_at = now() where id = ${id}`;
}
