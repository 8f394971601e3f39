import type { StoreName } from '../../contracts/stores.ts';
import type { Queryable } from '../client.ts';

/** What was saved of the files before it was removed. */

/** A part about to be saved. */
export interface NewPart {
  correction_id: number;
  store: StoreName;
  place: string;
  collection: string | null;
  storage_key: string | null;
}

/** A part that is kept. */
export interface HeldPart extends NewPart {
  id: number;
  lines: number;
  sha256: string;
}

/**
 * Notes a part before anything of it is written, so that what a dying process leaves is purged too.
 * @returns its id
 */
export async function beginSaving(db: Queryable, part: NewPart, days: number): Promise<number> {
  const [row] = await db<{ id: number }[]>`
    insert into correction_quarantines (correction_id, store, place, collection, storage_key, expires_at)
    values (${part.correction_id}, ${part.store}, ${part.place}, ${part.collection},
      ${part.storage_key}, now() + make_interval(days => ${days}))
    returning id`;
  if (!row) throw new Error('a part of the quarantine got no row');
  return row.id;
}

/**
 * A part was saved and read back. All parts of a correction are kept until the newest has had its time:
 * what was removed together is put back together.
 * @returns false where the newest part held of the same place in the store has the same content: that one is kept
 *   for as long instead, and this copy is one too many
 */
export async function markHeld(
  db: Queryable,
  id: number,
  { lines, sha256 }: { lines: number; sha256: string },
): Promise<boolean> {
  const twins = await db`
    update correction_quarantines o set expires_at = greatest(o.expires_at, q.expires_at)
    from correction_quarantines q
    where q.id = ${id} and o.correction_id = q.correction_id and o.state = 'held'
      and o.expires_at > now() and exists (
        select from correction_quarantines t
        where t.sha256 = ${sha256} and t.expires_at > now() and t.id = (
          select max(n.id) from correction_quarantines n
          where n.correction_id = q.correction_id and n.store = q.store and n.state = 'held'
            and n.collection is not distinct from q.collection
            and (n.store <> 's3' or n.storage_key is not distinct from q.storage_key)))
    returning 1`;
  if (twins.length > 0) return false;
  await db`
    update correction_quarantines o set state = 'held', saved_at = coalesce(o.saved_at, now()),
      lines = case when o.id = q.id then ${lines} else o.lines end,
      sha256 = case when o.id = q.id then ${sha256} else o.sha256 end,
      expires_at = greatest(o.expires_at, q.expires_at)
    from correction_quarantines q
    where q.id = ${id} and o.correction_id = q.correction_id
      and (o.id = q.id or (o.state = 'held' and o.expires_at > now()))`;
  return true;
}

/** Forgets a part of which nothing is kept. */
export async function forgetPart(db: Queryable, id: number): Promise<void> {
  await db`delete from correction_quarantines where id = ${id} and state = 'saving'`;
}

/**
 * The parts of a correction that are kept, newest first. One whose time is over is there until it is
 * purged, which it is not while a restore is under way.
 */
export function heldParts(db: Queryable, correctionId: number) {
  return db<HeldPart[]>`
    select id, correction_id, store, place, collection, storage_key, lines, sha256
    from correction_quarantines
    where correction_id = ${correctionId} and state = 'held'
    order by id desc`;
}

const expired = (db: Queryable) => db`
  q.state <> 'purged' and q.expires_at <= now() and not exists (
    select from correction_restores r
    where r.correction_id = q.correction_id and r.status in ('pending', 'processing'))`;

/** Corrections whose quarantine has had its time. */
export function expiredQuarantines(db: Queryable) {
  return db<{ correction_id: number }[]>`
    select distinct q.correction_id from correction_quarantines q where ${expired(db)}`;
}

/** The parts of a correction that have had their time. */
export function expiredParts(db: Queryable, correctionId: number) {
  return db<{ id: number; place: string }[]>`
    select q.id, q.place from correction_quarantines q
    where q.correction_id = ${correctionId} and ${expired(db)}`;
}

/** Notes that nothing is kept of a part any more; of one that was never held not even the row. */
export async function markPurged(db: Queryable, id: number): Promise<void> {
  await db`
    with purged as (
      update correction_quarantines set state = 'purged', purged_at = now()
      where id = ${id} and state = 'held'
    )
    delete from correction_quarantines where id = ${id} and state = 'saving'`;
}
