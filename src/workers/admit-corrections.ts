import type { Transaction } from '../db/client.ts';
import {
  countFiles,
  countInWindow,
  type DueTask,
  holdTasks,
  lockBrakes,
  lockDue,
  tightenMode,
} from '../db/queries/correction-brakes.ts';
import type { Deps } from '../deps.ts';
import {
  admitTasks,
  type BrakeScope,
  companyOf,
  companyScope,
  filesThatMatter,
  isBraking,
  limitOf,
  type ScopeState,
} from '../domain/correction-brake.ts';
import { stricter } from '../domain/correction-mode.ts';
import { modesInForce } from './correction-modes.ts';
import { brakeSettings, engage } from './engage-brake.ts';

/**
 * Which tasks may be claimed: of one and further due ones with it, those that neither a stricter mode
 * nor a brake keeps. To be asked first in the transaction that claims them, so that no burst slips past however many
 * workers there are. Tasks that may not are noted as held or as waiting for approval.
 * @param limit tasks in all
 * @returns the ids that may be claimed, and the alerts to raise once the transaction has committed
 */
export async function admitCorrections(
  tx: Transaction,
  deps: Deps,
  id: number,
  limit: number,
): Promise<{ admitted: number[]; alerts: number[] }> {
  if (isBraking(brakeSettings(deps.config))) await lockBrakes(tx);
  const allowed = await withinTheirModes(tx, deps, await lockDue(tx, id, limit));
  const [free, braked] = partition(allowed, (task) => task.released || task.mode !== 'auto');
  if (braked.length === 0) return { admitted: free.map(({ id }) => id), alerts: [] };
  const scopes = new Set<BrakeScope>(['global']);
  for (const { company_id } of braked) scopes.add(companyScope(company_id));
  const states = new Map<BrakeScope, ScopeState>();
  for (const scope of scopes) states.set(scope, await stateOf(tx, deps, scope, braked.length));
  const { admitted, held, tripped } = admitTasks(braked, states);
  const alerts: number[] = [];
  for (const scope of tripped) {
    const { limit } = states.get(scope)!;
    const alert = await engage(tx, deps, scope, limit + 1, limit);
    if (alert !== null) alerts.push(alert);
  }
  await holdTasks(tx, held);
  return { admitted: [...free.map(({ id }) => id), ...admitted], alerts };
}

/**
 * A mode that became stricter since a task was created counts for it as well, whichever owner's it is; a
 * looser one does not.
 */
async function withinTheirModes(tx: Transaction, deps: Deps, due: DueTask[]): Promise<DueTask[]> {
  const modes = await modesInForce(tx, deps.config, due);
  const judged = due.map((task, nth) => {
    const mode = stricter(task.mode, modes[nth] ?? task.mode);
    // Whoever approved a task need not do so again.
    return { ...task, mode: task.released && mode === 'approve' ? task.mode : mode };
  });
  const changed = judged.filter((task, nth) => task.mode !== due[nth]?.mode);
  for (const mode of ['approve', 'dry-run'] as const) {
    const ids = changed.filter((task) => task.mode === mode).map(({ id }) => id);
    if (ids.length > 0) await tightenMode(tx, ids, mode);
  }
  return judged.filter((task) => !(changed.includes(task) && task.mode === 'approve'));
}

async function stateOf(
  tx: Transaction,
  deps: Deps,
  scope: BrakeScope,
  wanted: number,
): Promise<ScopeState> {
  const settings = brakeSettings(deps.config);
  const { windowMinutes } = settings;
  const highest = limitOf(scope, settings, 2 ** 31 - 1);
  const atMost = highest === Infinity ? 0 : highest;
  const { engaged, count } = await countInWindow(tx, scope, 'started_at', windowMinutes, atMost);
  const lowest = limitOf(scope, settings, 0);
  // The files are counted only where they decide.
  const company = companyOf(scope);
  const decides = !engaged && company !== null && lowest < highest && count + wanted > lowest;
  const files = decides ? await countFiles(tx, company, filesThatMatter(settings)) : 0;
  return { engaged, begun: count, limit: limitOf(scope, settings, files) };
}

function partition<Item>(items: Item[], test: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
