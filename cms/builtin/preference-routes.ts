import { Router } from 'express';
import { byUserParams } from '../../src/contracts/cms-lists.ts';
import { bulkRequest } from '../../src/contracts/preferences.ts';
import { appliedPreferences } from './applied-preferences.ts';
import { collectionRoutes } from './collection-routes.ts';
import type { Db } from './database.ts';
import type { Metrics } from './metrics.ts';
import type { PreferenceCache } from './preference-cache.ts';
import { ownerKey } from './preference-record.ts';
import type { PreferenceCollection } from './preferences.ts';
import { validated } from './problem.ts';

/** `/api/user-notification-preferences`: look-ups of one person and of many, then the usual routes. */
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
    const { json, cached, fallback } = applied!;
    metrics.fallbacks.inc(fallback ? 1 : 0);
    response
      .type('json')
      .send(`{"data":${json},"cache_hit":${cached},"fallback_applied":${fallback}}`);
  });

  router.post('/bulk-get', async (request, response) => {
    const { users } = validated(bulkRequest, request.body);
    const owners = users.map((user) => ({ ...user, user_email: user.user_email.toLowerCase() }));
    const applied = await appliedPreferences(db, cache, owners);
    const keyed = new Map(users.map((user, index) => [ownerKey(user), applied[index]!]));
    const data = [...keyed].map(([key, { json }]) => `${JSON.stringify(key)}:${json}`);
    const missing = [...keyed].filter(([, { fallback }]) => fallback).map(([key]) => key);
    metrics.fallbacks.inc(missing.length);
    response
      .type('json')
      .send(
        `{"data":{${data}},"missing_preferences":${JSON.stringify(missing)},"processed_count":${users.length}}`,
      );
  });

  router.use(collectionRoutes(collection));
  return router;
}
