import { isAuditDue } from '../db/queries/store-audit/runs.ts';
import type { Deps } from '../deps.ts';
import { auditStores } from './audit-stores.ts';

/** How often is looked whether an audit is due, at most, in milliseconds. */
const LOOK_EVERY_MS = 60_000;

/**
 * Audits the stores every `AUDIT_STORES_INTERVAL_HOURS`, in one of the worker processes at a time, and
 * beside the sweep, because it takes its time. Postgres knows when the last one was. It only reports:
 * what is to be removed is for an operator to say.
 * @returns the stop function, which has an audit end between two pages
 */
export function startAuditing(deps: Deps): { stop(): Promise<void> } {
  const everyHours = deps.config.AUDIT_STORES_INTERVAL_HOURS;
  if (everyHours === 0) return { stop: async () => {} };
  const stopping = new AbortController();
  const { signal } = stopping;
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const once = async () => {
    try {
      if (await isAuditDue(deps.db.sql, everyHours)) await run(deps, everyHours, signal);
    } catch (error) {
      if (!signal.aborted)
        deps.log.warn({ err: error }, 'audit of the stores failed; another time');
    }
    if (!signal.aborted) timer = setTimeout(start, Math.min(LOOK_EVERY_MS, everyHours * 900_000));
  };
  const start = () => {
    running = once();
  };
  start();
  return {
    stop: () => {
      stopping.abort();
      clearTimeout(timer);
      return running;
    },
  };
}

async function run(deps: Deps, everyHours: number, signal: AbortSignal): Promise<void> {
  const options = { trigger: 'schedule', fix: false, examples: 0, everyHours, signal } as const;
  const report = await auditStores(deps, options);
  if (!report) return;
  const counts = Object.fromEntries(report.findings.map(({ kind, count }) => [kind, count]));
  const { read, not_looked_at } = report;
  if (report.findings.length + not_looked_at.length === 0)
    deps.log.info({ read }, 'the stores agree with the records');
  else deps.log.warn({ read, counts, not_looked_at }, 'run `tidings audit-stores` to see which');
}
