import { z } from 'zod';
import { preferenceWebhook, resolvedPreferences } from '../contracts/preferences.ts';
import { emailAddress, numericIdParam } from '../contracts/text.ts';
import { markStale } from '../db/queries/preferences.ts';
import { publishInvalidation } from '../queues/invalidation.ts';
import { route } from './route.ts';
import { verifyWebhook } from './webhook-signature.ts';

export const preferenceRoutes = [
  route({
    method: 'get',
    path: '/api/user-notification-preferences/by-user/:companyId/:botId/:userEmail',
    access: 'producer',
    tag: 'Preferences',
    summary: 'The preferences that would apply now, and where they come from',
    params: z.object({ companyId: numericIdParam, botId: numericIdParam, userEmail: emailAddress }),
    answers: { 200: { description: 'Resolved', schema: resolvedPreferences } },
    handle: async ({ deps, params }) => {
      const owner = {
        company_id: params.companyId,
        bot_id: params.botId,
        user_email: params.userEmail,
      };
      const { settings, source, fallback } = await deps.preferences.resolve(owner);
      return {
        status: 200,
        body: {
          data: { ...owner, ...settings },
          cache_hit: source === 'cache' || source === 'stale_cache',
          fallback_applied: fallback,
          source,
        },
      };
    },
  }),
  route({
    method: 'post',
    path: '/webhooks/preference-updated',
    access: 'producer',
    tag: 'Preferences',
    summary: 'A person changed their preferences: open batches are re-timed from what the CMS says',
    body: preferenceWebhook,
    answers: {
      202: { description: 'Noted', schema: z.object({ data: z.object({ batches: z.number() }) }) },
    },
    handle: async ({ deps, body, request }) => {
      verifyWebhook(deps.config.WEBHOOK_SECRET, request, new Date(body.timestamp));
      const { company_id, bot_id, user_email } = body;
      const owner = { company_id, bot_id, user_email };
      await deps.preferences.invalidate(owner);
      const stale = await markStale(deps.db.sql, owner);
      // Other processes answer from their caches for a few minutes more if this is lost.
      publishInvalidation(deps.redis, deps.config.QUEUE_PREFIX, owner).catch((error: unknown) => {
        deps.log.warn({ err: error }, 'could not tell the other processes of a change');
      });
      const jobs = stale.map((payload) => ({ payload }));
      await deps.producer.tryToEnsure('preferences', jobs);
      return { status: 202, body: { data: { batches: stale.length } } };
    },
  }),
];
