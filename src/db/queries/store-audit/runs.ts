import type { AuditKind } from '../../../domain/store-audit.ts';
import type { Queryable, Sql } from '../../client.ts';

/** The audits of the stores that were begun: who may begin one, and what the last one said. */

/** Any constant will do; it only has to be the same in every process. */
const AUDIT_LOCK = 7_301_947_226;
/** One whose process ended before it did is begun again after this at the earliest, in hours. */
const AGAIN_HOURS = 1;

/** @returns false where another process is at one; else the session keeps others from it */
export async function lockAudits(session: Sql): Promise<boolean> {
  const [lock] = await session<{ taken: boolean }[]>`
    select pg_try_advisory_lock(${AUDIT_LOCK}) as taken`;
  return lock?.taken === true;
}

/** Whether the last audit is so many hours ago. */
export async function isAuditDue(db: Queryable, hours: number): Promise<boolean> {
  const [row] = await db<{ due: boolean }[]>`
    select not exists (select from store_audits
      where completed_at > now() - make_interval(secs => ${hours * 3600})
        or (completed_at is null
          and started_at > now() - make_interval(secs => ${Math.min(hours, AGAIN_HOURS) * 3600}))
    ) as due`;
  return row?.due === true;
}

/** Notes that one begins. */
export async function beginAudit(db: Queryable, trigger: 'schedule' | 'command') {
  const [row] = await db<{ id: number; started_at: Date }[]>`
    insert into store_audits (trigger) values (${trigger}) returning id, started_at`;
  if (!row) throw new Error('the audit was not noted');
  return row;
}

/** Notes what one said. */
export async function endAudit(
  db: Queryable,
  id: number,
  counts: Partial<Record<AuditKind, number>>,
  notLookedAt: AuditKind[],
  correctionsCreated: number | null,
): Promise<void> {
  await db`
    update store_audits set completed_at = now(), findings = ${JSON.stringify(counts)}::text::jsonb,
      not_looked_at = ${JSON.stringify(notLookedAt)}::text::jsonb,
      corrections_created = ${correctionsCreated}
    where id = ${id}`;
}

/** The last audit that came to its end. */
export async function lastAudit(db: Queryable) {
  const [row] = await db<
    {
      completed_at: Date;
      findings: Partial<Record<AuditKind, number>>;
      not_looked_at: AuditKind[];
    }[]
  >`
    select completed_at, findings, not_looked_at from store_audits
    where completed_at is not null order by completed_at desc limit 1`;
  return row;
}
