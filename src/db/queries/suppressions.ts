import type {
  DeliveryNotice,
  SuppressionReason,
  SuppressionSource,
} from '../../contracts/suppressions.ts';
import type { Queryable } from '../client.ts';

export interface SuppressionRow {
  id: number;
  email: string;
  reason: SuppressionReason;
  source: SuppressionSource;
  detail: string;
  created_at: Date;
  lifted_at: Date | null;
}

/** Notices about addresses nobody was written to for longer than this are none of ours. */
const WRITTEN_TO_WITHIN_DAYS = 30;

/**
 * Suppresses what a provider's notices name. Left out: addresses we have not written to in 30 days,
 * those that are suppressed already, and notices from before an operator lifted the address. A bounce
 * may be faster than the record that its mail was sent: handed over is enough.
 * @returns how many addresses were added
 */
export async function suppressReported(
  db: Queryable,
  notices: readonly DeliveryNotice[],
  source: Exclude<SuppressionSource, 'operator'>,
): Promise<number> {
  if (notices.length === 0) return 0;
  const rows = await db`
    insert into suppressed_addresses (email, reason, source, detail)
    select n.email, n.reason, ${source}, n.detail
    from unnest(${notices.map(({ email }) => email)}::text[], ${notices.map(({ reason }) => reason)}::text[],
      ${notices.map(({ detail }) => detail)}::text[],
      ${notices.map(({ at }) => at.toISOString())}::timestamptz[]) as n(email, reason, detail, at)
    where exists (
        select from email_notification_log m
        where m.recipient_email = n.email and m.send_status in ('sent', 'sending', 'unknown')
          and coalesce(m.sent_at, m.handed_over_at)
            > now() - make_interval(days => ${WRITTEN_TO_WITHIN_DAYS}))
      and not exists (
        select from suppressed_addresses s where s.email = n.email and s.lifted_at >= n.at)
    on conflict (email) where lifted_at is null do nothing
    returning 1`;
  return rows.length;
}

/**
 * An operator suppresses an address.
 * @returns the row, and whether it is new
 */
export async function suppressAddress(
  db: Queryable,
  email: string,
  reason: SuppressionReason,
): Promise<{ row: SuppressionRow; added: boolean }> {
  const [added] = await db<SuppressionRow[]>`
    insert into suppressed_addresses (email, reason, source)
    values (lower(${email}), ${reason}, 'operator')
    on conflict (email) where lifted_at is null do nothing
    returning *`;
  if (added) return { row: added, added: true };
  const [known] = await db<SuppressionRow[]>`
    select * from suppressed_addresses where email = lower(${email}) and lifted_at is null`;
  // Lifted in between: the operator's wish is the newer one.
  return known ? { row: known, added: false } : suppressAddress(db, email, reason);
}

/** An operator lets an address have mail again; lifting twice changes nothing. @returns the row, if any */
export async function liftSuppression(
  db: Queryable,
  id: number,
): Promise<SuppressionRow | undefined> {
  const [row] = await db<SuppressionRow[]>`
    update suppressed_addresses set lifted_at = coalesce(lifted_at, now()) where id = ${id}
    returning *`;
  return row;
}
