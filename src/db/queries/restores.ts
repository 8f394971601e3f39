import type { StoreName } from '../../contracts/stores.ts';
import type { CorrectionAction } from '../../domain/corrections.ts';
import { restoreObstacle } from '../../domain/restore-obstacle.ts';
import type { Queryable, Transaction } from '../client.ts';
import type { ExecutionEntry } from '../schema/corrections.ts';
import { lockCorrection } from './corrections.ts';

import { restoreFacts } from './restore-guard.ts';

/** Putting back what corrections removed. */

/** Hours for which a requested restore keeps its parts from expiring. */
const GRACE_HOURS = 24;

/**
 * Queues the restore of a correction. A restore under way is left alone. One that follows a conflict
 * may have to wait for the file to be finished; an operator is told so and asks again.
 * @returns why it cannot be queued; null where it is queued, or was already
 */
export async function requestRestore(
  tx: Transaction,
  id: number,
  by: 'operator' | 'conflict',
): Promise<string | null> {
  await lockCorrection(tx, id);
  const parts = await tx<{ store: StoreName; held: boolean }[]>`
    select store, bool_and(state = 'held' and expires_at > now()) as held
    from correction_quarantines where correction_id = ${id} and state <> 'saving'
    group by store order by store`;
  if (parts.length === 0)
    return 'nothing of it was put into quarantine (see CORRECTION_QUARANTINE_DAYS)';
  // Half a file is none: a record without chunks says that the file is there.
  const gone = parts.filter(({ held }) => !held).map(({ store }) => store);
  if (gone.length > 0) return `what was kept of it has expired (${gone.join(', ')})`;
  const facts = await restoreFacts(tx, id);
  const obstacle = facts && restoreObstacle(facts, by);
  if (obstacle && (by === 'operator' || !obstacle.passes)) return obstacle.reason;
  await tx`
    update correction_quarantines
    set expires_at = greatest(expires_at, now() + make_interval(hours => ${GRACE_HOURS}))
    where correction_id = ${id} and state = 'held' and expires_at > now()`;
  await tx`
    insert into correction_restores as r (correction_id, requested_by) values (${id}, ${by})
    on conflict (correction_id) do update set status = 'pending', requested_by = ${by},
      requested_at = now(), run_at = now(), attempts = 0, reason = null, writing_began_at = null,
      completed_at = null, updated_at = now()
    where r.status not in ('pending', 'processing')`;
  return null;
}

/** A restore as its worker needs it. */
export interface RestoreRow {
  correction_id: number;
  attempts: number;
  requested_by: 'operator' | 'conflict';
  requested_at: Date;
  file_document_id: string;
  company_id: number | null;
  bot_id: number | null;
  /** A store was written to, or was about to be, now or in an earlier run. */
  began: boolean;
}

/** Claims a restore that is due, or whose claim has run out: every step may be repeated. */
export async function claimRestore(
  db: Queryable,
  id: number,
  token: string,
  leaseSeconds: number,
): Promise<RestoreRow | undefined> {
  const [row] = await db<RestoreRow[]>`
    update correction_restores r set status = 'processing', lease_token = ${token}::uuid,
      lease_expires_at = now() + make_interval(secs => ${leaseSeconds}),
      attempts = r.attempts + 1, updated_at = now()
    from auto_correction_tasks t
    where r.correction_id = ${id} and t.id = r.correction_id and r.run_at <= now()
      and (r.status = 'pending' or (r.status = 'processing' and r.lease_expires_at < now()))
    returning r.correction_id, r.attempts, r.requested_by, r.requested_at, t.file_document_id,
      t.company_id, t.bot_id, r.writing_began_at is not null as began`;
  return row;
}

/** Extends a claim. @returns false where it is lost */
export async function extendRestore(
  db: Queryable,
  id: number,
  token: string,
  leaseSeconds: number,
): Promise<boolean> {
  const rows = await db`
    update correction_restores set updated_at = now(),
      lease_expires_at = now() + make_interval(secs => ${leaseSeconds})
    where correction_id = ${id} and lease_token = ${token}::uuid and status = 'processing'
    returning 1`;
  return rows.length > 0;
}

/**
 * Notes that a store is about to be written to, before it is: from then on the correction no longer
 * says that the store is clean, however the restore ends. Second looks at the file, whichever of its
 * corrections they are for, are called off: they would remove everything again.
 * @returns false where the claim is lost, and nothing may be written
 */
export async function beginPutBack(
  tx: Transaction,
  id: number,
  token: string,
  action: CorrectionAction,
): Promise<boolean> {
  await lockCorrection(tx, id);
  const rows = await tx`
    update correction_restores set writing_began_at = coalesce(writing_began_at, now()),
      updated_at = now()
    where correction_id = ${id} and lease_token = ${token}::uuid and status = 'processing'
    returning 1`;
  if (rows.length === 0) return false;
  await tx`
    update auto_correction_tasks set
      s3_cleanup_completed = s3_cleanup_completed and ${action !== 's3_delete'},
      chroma_cleanup_completed = chroma_cleanup_completed and ${action !== 'chroma_delete'},
      cms_cleanup_completed = cms_cleanup_completed and ${action !== 'cms_delete'},
      updated_at = now()
    where id = ${id}`;
  await tx`
    update correction_second_looks set look_at = null
    where look_at is not null and correction_id in (
      select o.id from auto_correction_tasks o join auto_correction_tasks t using (file_document_id)
      where t.id = ${id})`;
  return true;
}

/** How a claimed restore ends, or when it goes on. */
export type RestoreEnd =
  | { status: 'completed' }
  | { status: 'failed' | 'refused'; reason: string }
  /** `countsAttempt: false` where nothing was tried, only waited for. */
  | { status: 'pending'; reason: string; runAt: Date; countsAttempt: boolean };

/**
 * Ends a claim and writes it into the correction's log.
 * @returns false where the claim was lost
 */
export async function endRestore(
  tx: Transaction,
  id: number,
  token: string,
  end: RestoreEnd,
  entries: ExecutionEntry[],
): Promise<boolean> {
  await lockCorrection(tx, id);
  const rows = await tx`
    update correction_restores set status = ${end.status},
      run_at = coalesce(${end.status === 'pending' ? end.runAt : null}, run_at),
      attempts = attempts - ${end.status === 'pending' && !end.countsAttempt ? 1 : 0},
      reason = ${end.status === 'completed' ? null : end.reason},
      completed_at = case when ${end.status !== 'pending'} then now() end,
      lease_token = null, lease_expires_at = null, updated_at = now()
    where correction_id = ${id} and lease_token = ${token}::uuid and status = 'processing'
    returning 1`;
  if (rows.length === 0) return false;
  await tx`
    update auto_correction_tasks set
      execution_log = execution_log || ${JSON.stringify(entries)}::text::jsonb, updated_at = now()
    where id = ${id}`;
  return true;
}

/** Restores that are due: pending ones, and claimed ones whose claim has run out. */
export function overdueRestores(db: Queryable) {
  return db<{ correction_id: number }[]>`
    select correction_id from correction_restores
    where run_at <= now()
      and (status = 'pending' or (status = 'processing' and lease_expires_at < now()))
    order by run_at`;
}
