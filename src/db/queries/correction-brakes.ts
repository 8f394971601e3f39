import type { Fragment } from 'postgres';
import { type BrakeScope, companyOf } from '../../domain/correction-brake.ts';
import type { CorrectionMode } from '../../domain/correction-mode.ts';
import type { Queryable, Transaction } from '../client.ts';

/** Any constant will do; it only has to be the same in every process. */
const BRAKE_LOCK = 7_301_947_225;

/**
 * Until the end of the transaction nobody else begins corrections or moves a brake. To be taken before
 * any row is locked, and in a statement of its own: only statements that begin afterwards see what
 * others did.
 */
export async function lockBrakes(tx: Transaction): Promise<void> {
  await tx`select pg_advisory_xact_lock(${BRAKE_LOCK})`;
}

function inScope(db: Queryable, scope: BrakeScope) {
  if (scope === 'global') return db`true`;
  const company = companyOf(scope);
  return company === null ? db`company_id is null` : db`company_id = ${company}`;
}

/** Tasks that run by themselves: neither approved nor let go by an operator. */
const byItself = (db: Queryable) => db`mode = 'auto' and brake_released_at is null`;

/**
 * Whether a scope's brake is on, and how many of its tasks were begun, or created, in the window and
 * after the last release.
 * @param atMost the count stops there
 */
export async function countInWindow(
  db: Queryable,
  scope: BrakeScope,
  moment: 'started_at' | 'created_at',
  windowMinutes: number,
  atMost: number,
): Promise<{ engaged: boolean; count: number }> {
  const [row] = await db<{ engaged: boolean; count: number }[]>`
    with brake as (
      select bool_or(released_at is null) is true as engaged,
        greatest(max(released_at), now() - make_interval(mins => ${windowMinutes})) as since
      from correction_brakes where scope = ${scope}
    )
    select engaged, (
      select count(*) from (
        select from auto_correction_tasks
        where ${inScope(db, scope)} and ${byItself(db)} and ${db(moment)} > brake.since
        limit ${atMost}
      ) counted) as count
    from brake`;
  if (!row) throw new Error('the brake answered nothing');
  return row;
}

/** The files a company has, counted up to a number. */
export async function countFiles(db: Queryable, company: number, atMost: number): Promise<number> {
  const [row] = await db<{ count: number }[]>`
    select count(*) as count from (
      select from file_processing_status
      where company_id = ${company} and deleted_at is null limit ${atMost}
    ) files`;
  return row?.count ?? 0;
}

/** Why a brake goes on. */
export interface Trip {
  scope: BrakeScope;
  observed: number;
  allowed: number;
  windowMinutes: number;
  reason: string;
}

/**
 * Puts a scope's brake on. To be followed by `holdPending`.
 * @returns the brake's id; null where it was on already
 */
export async function engageBrake(tx: Transaction, trip: Trip): Promise<number | null> {
  const { scope, reason, observed, allowed, windowMinutes } = trip;
  const [brake] = await tx<{ id: number }[]>`
    insert into correction_brakes (scope, company_id, reason, observed, allowed, window_minutes)
    values (${scope}, ${companyOf(scope)}, ${reason}, ${observed}, ${allowed}, ${windowMinutes})
    on conflict (scope) where released_at is null do nothing
    returning id`;
  return brake?.id ?? null;
}

/**
 * Has a scope's pending tasks held where its brake is on, save those another transaction is at; these
 * are held when they are claimed.
 */
export async function holdPending(tx: Transaction, scope: BrakeScope): Promise<void> {
  await tx`
    update auto_correction_tasks t set held_by = b.scope, hold_reason = b.reason, updated_at = now()
    from correction_brakes b
    where b.scope = ${scope} and b.released_at is null and t.id in (
      select id from auto_correction_tasks
      where ${inScope(tx, scope)} and ${byItself(tx)} and status = 'pending' and held_by is null
      for update skip locked)`;
}

/**
 * Releases a scope's brake. Whatever waits in the scope goes on uncounted, held already or not yet due,
 * unless another brake that is on covers it: then that one holds it from now on.
 * @returns how many tasks go on; null where the brake was not on
 */
export async function releaseBrake(tx: Transaction, scope: BrakeScope): Promise<number | null> {
  // Not the transaction's own time: what began while it waited for the lock is before the release.
  const [brake] = await tx<{ id: number }[]>`
    update correction_brakes set released_at = clock_timestamp()
    where scope = ${scope} and released_at is null returning id`;
  if (!brake) return null;
  const moved = await tx<{ held: boolean }[]>`
    update auto_correction_tasks t set held_by = w.other, hold_reason = w.reason,
      brake_released_at = case when w.other is null then now() end, updated_at = now()
    from (
      select task.id, other.scope as other, other.reason
      from (
        select id, company_id from auto_correction_tasks
        where ${inScope(tx, scope)} and ${byItself(tx)} and status = 'pending'
          and (held_by = ${scope} or held_by is null)
        order by id for update
      ) task
      left join correction_brakes other on other.released_at is null and other.scope in (
        'global', coalesce('company:' || task.company_id, 'unassigned'))
    ) w
    where t.id = w.id
    returning t.held_by is not null as held`;
  const count = moved.filter(({ held }) => !held).length;
  await tx`update correction_brakes set released_tasks = ${count} where id = ${brake.id}`;
  return count;
}

/** A task as the brake and the modes judge it. */
export interface DueTask {
  id: number;
  file_document_id: string;
  company_id: number | null;
  user_email: string | null;
  failure_category: string;
  mode: CorrectionMode;
  /** An operator let it go on. */
  released: boolean;
  begun: boolean;
}

/**
 * Locks a task and further ones with it, as far as they are due, held by nobody and not locked by
 * somebody else.
 * @param limit tasks in all
 * @returns the tasks, that one first where it is among them
 */
export async function lockDue(tx: Transaction, id: number, limit: number): Promise<DueTask[]> {
  const lock = (which: Fragment) => tx<DueTask[]>`
    select id, file_document_id, company_id, user_email, failure_category, mode,
      brake_released_at is not null as released,
      started_at is not null as begun
    from auto_correction_tasks
    where run_at <= now() and held_by is null
      and (status = 'pending' or (status = 'processing' and lease_expires_at < now())) and ${which}
    for update skip locked`;
  const own = await lock(tx`id = ${id}`);
  if (own.length >= limit) return own;
  const others = await lock(tx`id <> ${id} order by run_at limit ${limit - own.length}`);
  return [...own, ...others];
}

/** Has tasks wait for their brake's release. */
export async function holdTasks(
  tx: Transaction,
  held: { id: number; scope: BrakeScope }[],
): Promise<void> {
  if (held.length === 0) return;
  await tx`
    update auto_correction_tasks t set status = 'pending', held_by = b.scope, hold_reason = b.reason,
      lease_token = null, lease_expires_at = null, updated_at = now()
    from unnest(${held.map(({ id }) => id)}::bigint[], ${held.map(({ scope }) => scope)}::text[])
      as h(id, scope)
    join correction_brakes b on b.scope = h.scope and b.released_at is null
    where t.id = h.id`;
}

/** Notes a stricter mode than the one a task was created with; `approve` has it wait for an operator. */
export async function tightenMode(
  tx: Transaction,
  ids: number[],
  mode: CorrectionMode,
): Promise<void> {
  await tx`
    update auto_correction_tasks set mode = ${mode}, updated_at = now(),
      status = ${mode === 'approve' ? 'awaiting_approval' : 'pending'},
      lease_token = null, lease_expires_at = null
    where id = any(${ids}::bigint[])`;
}

/** How many tasks each brake holds. */
export async function heldBy(db: Queryable): Promise<Map<string, number>> {
  const rows = await db<{ held_by: string; count: number }[]>`
    select held_by, count(*) as count from auto_correction_tasks
    where held_by is not null and status = 'pending' group by held_by`;
  return new Map(rows.map(({ held_by, count }) => [held_by, count]));
}

/** Brakes that are on, by what they are about. */
export async function engagedBrakes(
  db: Queryable,
): Promise<Record<'global' | 'unassigned' | 'company', number>> {
  const rows = await db<{ kind: 'global' | 'unassigned' | 'company'; count: number }[]>`
    select split_part(scope, ':', 1) as kind, count(*) as count from correction_brakes
    where released_at is null group by kind`;
  const counts = { global: 0, unassigned: 0, company: 0 };
  for (const { kind, count } of rows) counts[kind] = count;
  return counts;
}
