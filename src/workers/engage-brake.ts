import type { Config } from '../config.ts';
import type { Queryable, Transaction } from '../db/client.ts';
import {
  countFiles,
  countInWindow,
  engageBrake,
  holdPending,
  lockBrakes,
  type Trip,
} from '../db/queries/correction-brakes.ts';
import type { Deps } from '../deps.ts';
import {
  type BrakeScope,
  type BrakeSettings,
  companyOf,
  companyScope,
  filesThatMatter,
  isBraking,
  limitOf,
} from '../domain/correction-brake.ts';
import { type Alert, raiseAlert, writeAlert } from './alert.ts';

/** The limits of the brake, as they are configured. */
export const brakeSettings = (config: Config): BrakeSettings => ({
  windowMinutes: config.CORRECTION_BRAKE_WINDOW_MINUTES,
  maxTasks: config.CORRECTION_BRAKE_MAX_TASKS,
  percent: config.CORRECTION_BRAKE_PERCENT,
  minFiles: config.CORRECTION_BRAKE_MIN_FILES,
  maxTasksTotal: config.CORRECTION_BRAKE_MAX_TASKS_TOTAL,
});

/**
 * Puts a scope's brake on and writes the alert, both in the caller's transaction, which holds the lock
 * of the brakes.
 * @returns the alert's mail, to be raised after the commit; null where there is none
 */
export async function engage(
  tx: Transaction,
  deps: Deps,
  scope: BrakeScope,
  observed: number,
  allowed: number,
): Promise<number | null> {
  const windowMinutes = deps.config.CORRECTION_BRAKE_WINDOW_MINUTES;
  const whose = { global: 'all companies', unassigned: 'no company in particular' };
  const of =
    scope === 'global' || scope === 'unassigned' ? whose[scope] : `company ${companyOf(scope)}`;
  const reason = `more than ${allowed} corrections of ${of} within ${windowMinutes} minutes`;
  const trip = { scope, observed, allowed, windowMinutes, reason };
  const id = await engageBrake(tx, trip);
  if (id === null) return null;
  await holdPending(tx, scope);
  deps.metrics.brakeTrips.inc({ scope: scope.split(':', 1)[0] });
  return writeAlert(tx, deps, brakeAlert(id, trip));
}

/** What operators are told of a brake that went on. @param id the row of its going on */
export function brakeAlert(
  id: number,
  { scope, reason, observed, allowed, windowMinutes }: Trip,
): Alert {
  return {
    kind: 'correction_brake',
    subject: scope,
    subjectId: `${scope}-${id}`,
    since: new Date(),
    reason: `${reason}; they are held until the brake is released`,
    details: [
      { label: 'Scope', value: scope },
      { label: 'Seen', value: `${observed} or more in ${windowMinutes} minutes` },
      { label: 'Allowed', value: String(allowed) },
    ],
    companyId: companyOf(scope),
  };
}

/**
 * Looks, as soon as tasks are created, whether there are more of them in the window than may run, and
 * holds them where the brake is on: it need not wait for the first of them to fall due. Claiming asks
 * again, so nothing depends on it.
 */
export async function noticeBurst(deps: Deps, companies: (number | null)[]): Promise<void> {
  const settings = brakeSettings(deps.config);
  if (companies.length === 0 || !isBraking(settings)) return;
  for (const scope of new Set<BrakeScope>([...companies.map(companyScope), 'global'])) {
    const { engaged, burst } = await lookAt(deps.db.sql, scope, settings);
    if (!engaged && !burst) continue; // mostly so, and without a lock
    const alert = await deps.db.sql.begin(async (tx) => {
      await lockBrakes(tx);
      const now = await lookAt(tx, scope, settings);
      if (now.burst) return engage(tx, deps, scope, now.burst.observed, now.burst.allowed);
      await holdPending(tx, scope);
      return null;
    });
    await raiseAlert(deps, alert);
  }
}

/** Whether a scope's brake is on, and if not, whether it has to go on. */
async function lookAt(
  db: Queryable,
  scope: BrakeScope,
  settings: BrakeSettings,
): Promise<{ engaged: boolean; burst: { observed: number; allowed: number } | null }> {
  const { windowMinutes } = settings;
  const lowest = limitOf(scope, settings, 0);
  const highest = limitOf(scope, settings, 2 ** 31 - 1);
  const atMost = highest === Infinity ? 0 : highest + 1;
  const { engaged, count } = await countInWindow(db, scope, 'created_at', windowMinutes, atMost);
  if (engaged || count <= lowest) return { engaged, burst: null };
  const company = companyOf(scope);
  const files = company === null ? 0 : await countFiles(db, company, filesThatMatter(settings));
  const allowed = limitOf(scope, settings, files);
  return { engaged, burst: count > allowed ? { observed: count, allowed } : null };
}
