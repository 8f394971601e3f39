import type { AuditReport } from '../../src/contracts/audit.ts';
import type { Happened } from './inject.ts';
import type { Producer } from './producer.ts';
import type { StoreFigures } from './verify/files.ts';
import type { World } from './world.ts';

/** The figures a run ends with, as lines of text. */
export async function report(
  { sql, smtp, api, workers }: World,
  run: { happened: Happened[]; producer: Producer; audit: AuditReport; stores: StoreFigures },
): Promise<string[]> {
  const group = async (what: string, query: PromiseLike<{ name: string; count: number }[]>) =>
    `${what}: ${tally((await query).map(({ name, count }) => [name, count]))}`;
  const faults = new Map<string, number>();
  for (const { part, kind } of run.happened)
    faults.set(`${part} ${kind}`, (faults.get(`${part} ${kind}`) ?? 0) + 1);
  return [
    `faults injected: ${run.happened.length}`,
    ...[...faults].sort().map(([name, count]) => `  ${String(count).padStart(3)} ${name}`),
    `processes started: ${tally([api, ...workers].map(({ name, starts }) => [name, starts]))}`,
    `answers to the producers: ${tally(Object.entries(run.producer.answers))}`,
    `events by the audit: ${tally(Object.entries(run.audit))}`,
    await group(
      'batches closed by',
      sql`select closed_by as name, count(*) from batch_processing_sessions group by 1 order by 1`,
    ),
    await group(
      'mails of batches',
      sql`select send_status || coalesce(' (' || suppressed_reason || ')', '') as name, count(*)
          from email_notification_log where email_type = 'batch_completion' group by 1 order by 1`,
    ),
    await group(
      'attempts to send',
      sql`select outcome as name, count(*) from notification_retry_log group by 1 order by 1`,
    ),
    `mails at the sink: ${tally([
      ['answered', smtp.messages.length],
      ['answer withheld', smtp.unanswered.length],
    ])}`,
    await group(
      'corrections',
      sql`select status || case when conflict then ' (conflict)' else '' end as name, count(*)
          from auto_correction_tasks group by 1 order by 1`,
    ),
    await group(
      'preferences of batches from',
      sql`select preferences_source as name, count(*) from batch_processing_sessions group by 1 order by 1`,
    ),
    `leftovers: ${tally(Object.entries(run.stores))}`,
  ];
}

const tally = (entries: [string, number][]) =>
  entries.map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
