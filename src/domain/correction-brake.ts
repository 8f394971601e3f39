import type { BrakeScope } from '../contracts/corrections.ts';

export type { BrakeScope };

/**
 * The brake on corrections: a broken ingester must not delete a company's library. Only tasks that run
 * by themselves are counted and held; what an operator let go is the operator's decision.
 */

export interface BrakeSettings {
  /** Minutes in which corrections are counted. */
  windowMinutes: number;
  /** Corrections of one company in the window; 0: no such limit. */
  maxTasks: number;
  /** Percent of a company's files that may be corrected in the window; 0: no such limit. */
  percent: number;
  /** The share never means fewer corrections than this, so that one failure stops no small company. */
  minFiles: number;
  /** Corrections of everybody in the window; 0: no such limit. */
  maxTasksTotal: number;
}

/** The scope of a company's tasks, or of those that name no company. */
export function companyScope(companyId: number | null): BrakeScope {
  return companyId === null ? 'unassigned' : `company:${companyId}`;
}

/** The company a scope is about; null for the scopes that are about none. */
export function companyOf(scope: BrakeScope): number | null {
  return scope.startsWith('company:') ? Number(scope.slice('company:'.length)) : null;
}

/** Whether anything is limited at all. */
export function isBraking({ maxTasks, percent, maxTasksTotal }: BrakeSettings): boolean {
  return maxTasks > 0 || percent > 0 || maxTasksTotal > 0;
}

/** How many files have to be counted to know a company's limit: more of them change nothing. */
export function filesThatMatter({ maxTasks, percent }: BrakeSettings): number {
  if (percent === 0) return 0;
  return maxTasks === 0 ? 2 ** 31 - 1 : Math.ceil((maxTasks * 100) / percent);
}

/**
 * The corrections a scope may begin in the window, Infinity where nothing limits it.
 * @param files files the company has; of no meaning for the other scopes
 */
export function limitOf(scope: BrakeScope, settings: BrakeSettings, files: number): number {
  if (scope === 'global') return settings.maxTasksTotal || Infinity;
  const absolute = settings.maxTasks || Infinity;
  if (scope === 'unassigned' || settings.percent === 0) return absolute;
  const share = Math.floor((files * settings.percent) / 100);
  return Math.min(absolute, Math.max(settings.minFiles, share));
}

/** What is known of a scope: whether its brake is on, what was begun in the window, its limit. */
export interface ScopeState {
  engaged: boolean;
  begun: number;
  limit: number;
}

/** A task that is due. */
export interface BrakedTask {
  id: number;
  company_id: number | null;
  /** It was counted when it first began; it can still be held. */
  begun: boolean;
}

export interface Admission {
  admitted: number[];
  held: { id: number; scope: BrakeScope }[];
  /** Scopes whose limit somebody would have passed: their brake goes on. */
  tripped: BrakeScope[];
}

/**
 * Lets tasks begin one after the other until a limit is reached.
 * @param states of every scope the tasks stand in, the global one included
 */
export function admitTasks(tasks: BrakedTask[], states: Map<BrakeScope, ScopeState>): Admission {
  const now = new Map([...states].map(([scope, state]) => [scope, { ...state }]));
  const admission: Admission = { admitted: [], held: [], tripped: [] };
  for (const { id, company_id, begun } of tasks) {
    const scopes = [companyScope(company_id), 'global'] as const;
    const stop = scopes.find((scope) => {
      const state = now.get(scope);
      if (!state) throw new RangeError(`the state of ${scope} is not known`);
      if (state.engaged || begun || state.begun < state.limit) return state.engaged;
      state.engaged = true;
      admission.tripped.push(scope);
      return true;
    });
    if (stop) admission.held.push({ id, scope: stop });
    else admission.admitted.push(id);
    if (!stop && !begun) for (const scope of scopes) now.get(scope)!.begun += 1;
  }
  return admission;
}
