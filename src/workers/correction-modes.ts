import type { Config } from '../config.ts';
import type { Queryable } from '../db/client.ts';
import { companiesJudging, type Judged } from '../db/queries/correction-judges.ts';
import { type CorrectionMode, modeChooser, strictestMode } from '../domain/correction-mode.ts';

/**
 * The modes now in force for tasks: for each the strictest of all who have its document. Our records are
 * asked only where a rule is about a company.
 * @returns in the order of the tasks
 */
export async function modesInForce(
  db: Queryable,
  { AUTO_CORRECTION_MODE, AUTO_CORRECTION_MODES }: Config,
  tasks: readonly Judged[],
): Promise<CorrectionMode[]> {
  const modeOf = modeChooser(AUTO_CORRECTION_MODE, AUTO_CORRECTION_MODES);
  if (!AUTO_CORRECTION_MODES.includes('company:')) return tasks.map(modeOf);
  const companies = await companiesJudging(db, tasks);
  return tasks.map(({ failure_category }, nth) =>
    strictestMode(modeOf, failure_category, companies[nth] ?? []),
  );
}
