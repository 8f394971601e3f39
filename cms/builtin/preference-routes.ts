import { Router } from 'express';
import { z } from 'zod';
import { bulkRequest } from '../../src/contracts/preferences.ts';
import { emailAddress } from '../../src/contracts/text.ts';
import { appliedPreferences } from './applied-preferences.ts';
import { collectionRoutes } from './collection-routes.ts';
import type { Db } from './database.ts';
import type { Metrics } from './metrics.ts';
import type { PreferenceCache } from './preference-cache.ts';
import { ownerKey } from './preference-record.ts';
import type { PreferenceCollection } from './preferences.ts';
import { validated } from './problem.ts';
import { numericIdText } from './request-ids.ts';

const byUserParams = z.object({
  companyId: numericIdText,
  botId: numericIdText,
  userEmail: emailAddress,
});

/** `/api/user-notification-preferences`: the two look-ups of the reference, then the usual routes. */
export function preferenceRoutes(
  db: Db,
  cache: PreferenceCache,
  metrics: Metrics,
  collection: PreferenceCollection,
): Router {
  const router = Router();

  router.get('/by-user/:companyId/:botId/:userEmail', async (request, response) => {
    const { companyId, botId, userEmail } = validated(byUserParams, request.params);
    const owner = { company_id: companyId, bot_id: botId, user_email: userEmail };
    const [applied] = await appliedPreferences(db, cache, [owner]);
    metrics.fallbacks.inc(applied!.fallback ? 1 : 0);
    response.json({
      data: applied!.answer,
      cache_hit: applied!.cached,
      fallback_applied: applied!.fallback,
    });
  });

  router.post('/bulk-get', async (request, response) => {
    const { users } = validated(bulkRequest, request.body);
    const owners = users.map((user) => ({ ...user, user_email: user.user_email.toLowerCase() }));
    const applied = await appliedPreferences(db, cache, owners);
    const keyed = users.map((user, index) => [ownerKey(user), applied[index]!] as const);
    const missing = keyed.filter(([, { fallback }]) => fallback).map(([key]) => key);
    metrics.fallbacks.inc(missing.length);
    response.json({
      data: Object.fromEntries(keyed.map(([key, { answer }]) => [key, answer])),
      missing_preferences: [...new Set(missing)],
      processed_count: users.length,
    });
  });

  router.use(collectionRoutes(collection));
  return router;
}
