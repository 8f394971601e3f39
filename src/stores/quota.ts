import { LRUCache } from 'lru-cache';
import type { CmsClient } from './cms-client.ts';
import { circuitGuard } from './guard.ts';

/** Monthly quota of a company, or null where it has none or none is known. */
export interface Quotas {
  of(companyId: number): Promise<number | null>;
}

const FRESH_MS = 5 * 60_000;
const CIRCUIT = { failuresToOpen: 3, openMs: 5_000 };

/**
 * Reads quotas from the CMS, cached for five minutes. While the CMS is down the last known quota
 * holds; where none is known nothing is held back, because an outage must lose nobody's mail.
 */
export function quotaReader(
  client: Pick<CmsClient, 'company'>,
  now: () => number = () => performance.now(),
): Quotas {
  const known = new LRUCache<number, { quota: number | null; askedAt: number }>({ max: 10_000 });
  const guard = circuitGuard(CIRCUIT, now);
  return {
    async of(companyId) {
      const cached = known.get(companyId);
      if (cached && now() - cached.askedAt < FRESH_MS) return cached.quota;
      const answer = await guard.ask(async () => ({ company: await client.company(companyId) }));
      if (!answer) return cached?.quota ?? null;
      const quota = answer.company?.notification_quota ?? null;
      known.set(companyId, { quota, askedAt: now() });
      return quota;
    },
  };
}
