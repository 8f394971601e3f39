import type { AuditReport } from '../../../src/contracts/audit.ts';
import type { Producer } from '../producer.ts';
import type { World } from '../world.ts';

/** What the API says of all accepted events. */
export async function readAudit({ apiUrl, keys }: World): Promise<AuditReport> {
  const response = await fetch(`${apiUrl}/api/audit`, {
    headers: { authorization: `Bearer ${keys.admin}` },
  });
  return ((await response.json()) as { data: AuditReport }).data;
}

/** Every event answered 202 is there once and accounted for; batches agree with their lines. */
export async function checkBooks(
  world: World,
  producer: Producer,
  audit: AuditReport,
): Promise<string[]> {
  const { sql } = world;
  const { accepted, unaccounted, ...classes } = audit;
  const problems = [...producer.complaints];
  const say = (what: string, rows: readonly object[]) => {
    for (const row of rows) problems.push(`${what}: ${JSON.stringify(row)}`);
  };
  const sum = Object.values(classes).reduce((total, one) => total + one, 0);
  if (unaccounted !== 0 || sum !== accepted || classes.pending !== 0)
    problems.push(`the audit does not add up: ${JSON.stringify(audit)}`);

  const stored = await sql<{ event_id: string }[]>`select event_id from file_events`;
  const known = new Set(stored.map((row) => row.event_id));
  for (const id of producer.accepted.keys())
    if (!known.has(id)) problems.push(`event ${id} was answered 202 and is lost`);
  for (const id of known)
    if (!producer.accepted.has(id)) problems.push(`event ${id} is stored and was never answered`);

  say(
    'event dead-lettered',
    await sql`select event_id, dead_letter_reason from file_events where dead_lettered_at is not null`,
  );
  say(
    'batch open or not closed with one mail',
    await sql`
      select b.batch_id, b.status, b.closed_by, count(e.id) as mails
      from batch_processing_sessions b left join email_notification_log e
        on e.batch_id = b.batch_id and e.email_type = 'batch_completion'
      group by b.id having b.status = 'processing' or count(e.id) <> 1`,
  );
  say(
    'batch counts differ from its lines',
    await sql`
      select b.batch_id, b.total_files, b.successful_files, b.failed_files, b.event_count,
        l.total, l.successful, l.failed, l.events
      from batch_processing_sessions b, lateral (
        select count(*) as total, count(*) filter (where processing_status = 'success') as successful,
          count(*) filter (where processing_status = 'failed') as failed,
          coalesce(sum(event_count), 0) as events
        from batch_files f where f.batch_id = b.batch_id) l
      where (b.total_files, b.successful_files, b.failed_files, b.event_count)
        is distinct from (l.total, l.successful, l.failed, l.events)`,
  );
  const [index] = await sql`
    select 1 from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relname = 'batch_one_open_per_owner' and i.indisvalid and i.indisunique`;
  if (!index) problems.push('nothing guards that an owner has one open batch');
  return problems;
}
