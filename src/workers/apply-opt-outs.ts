import type { PreferenceOwner } from '../contracts/preferences.ts';
import { markOptOutApplied, takeOpenOptOuts } from '../db/queries/opt-outs.ts';
import { markStale } from '../db/queries/preferences.ts';
import type { Deps } from '../deps.ts';
import { publishInvalidation } from '../queues/invalidation.ts';

/** A slow CMS must not hold the sweep up: what is left after this is for the next one. */
const BUDGET_MS = 5000;
/** A CMS that did not take an opt-out is asked again after this. */
const RETRY_SECONDS = 30;

/**
 * Tells the CMS of people who turned a bot's mails off. They get no mail meanwhile, so this may take
 * as long as the CMS needs; one that does not answer is left alone until the next sweep.
 */
export async function applyOptOuts(deps: Deps): Promise<void> {
  const until = Date.now() + BUDGET_MS;
  while (Date.now() < until) {
    const [optOut] = await takeOpenOptOuts(deps.db.sql, RETRY_SECONDS, 1);
    if (!optOut) return;
    const { id, ...owner } = optOut;
    try {
      await deps.cms.turnOff(owner);
    } catch (error) {
      deps.log.warn({ err: error, optOut: id }, 'the CMS did not take an opt-out; again later');
      return;
    }
    await preferencesChanged(deps, owner);
    await markOptOutApplied(deps.db.sql, id);
  }
}

/** No process may answer from what it knew before; the sweep resolves the open batch again. */
async function preferencesChanged(deps: Deps, owner: PreferenceOwner): Promise<void> {
  await markStale(deps.db.sql, owner);
  await deps.preferences.invalidate(owner);
  await publishInvalidation(deps.redis, deps.config.QUEUE_PREFIX, owner);
}
