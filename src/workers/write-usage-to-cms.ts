import { countUsage, markUsageTold } from '../db/queries/usage.ts';
import type { Deps } from '../deps.ts';
import { isRefusal } from '../stores/store-error.ts';

/**
 * `cms-usage`: tells the CMS how many mails a company has had this UTC month, as its quota counts them.
 * The number is absolute and read from the mails now: repeats and late ones do no harm.
 */
export async function writeUsageToCms(deps: Deps, { company_id }: { company_id: number }) {
  const { sql } = deps.db;
  const usage = await countUsage(sql, company_id);
  if (!usage) return;
  if (!usage.told) await tell(deps, company_id, usage.usage);
  await markUsageTold(sql, company_id, usage);
}

async function tell(deps: Deps, companyId: number, usage: number): Promise<void> {
  try {
    const outcome = await deps.cms.updateCompany(companyId, { notification_usage: usage });
    deps.metrics.cmsWriteBacks.inc({ kind: 'usage', outcome });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    deps.metrics.cmsWriteBacks.inc({ kind: 'usage', outcome: 'refused' });
    deps.log.warn({ err: error, company: companyId }, 'the CMS refused the usage of a company');
  }
}
