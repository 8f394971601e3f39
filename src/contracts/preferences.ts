import { z } from 'zod';
import { emailAddress, numericId, timestamp } from './text.ts';

/** How one person wants to be told about one bot. Limits and defaults are the reference's. */

export const EMAIL_FORMATS = ['html', 'text'] as const;

const settings = {
  notification_enabled: z.boolean(),
  batch_size_threshold: z.number().int().min(1).max(100),
  notification_delay_minutes: z.number().int().min(1).max(1440),
  email_format: z.enum(EMAIL_FORMATS),
  include_success_details: z.boolean(),
  include_error_details: z.boolean(),
};

/** The six settings that decide about a notification. */
export const notificationSettings = z.object(settings);
export type NotificationSettings = z.output<typeof notificationSettings>;

/** The same settings, each optional: a company's defaults, a partial update. */
export const partialSettings = notificationSettings.partial();
export type PartialSettings = z.output<typeof partialSettings>;

/** What applies where neither the person nor the company has said anything. */
export const BUILT_IN_SETTINGS: NotificationSettings = {
  notification_enabled: true,
  batch_size_threshold: 5,
  notification_delay_minutes: 30,
  email_format: 'html',
  include_success_details: true,
  include_error_details: true,
};

/** Whose preferences: batches and preferences are kept per (company, bot, e-mail). */
export const preferenceOwner = z.object({
  company_id: numericId,
  bot_id: numericId,
  user_email: emailAddress,
});
export type PreferenceOwner = z.output<typeof preferenceOwner>;

/** One row as the CMS answers it. Further fields of a CMS are ignored, not refused. */
export const preferenceRecord = z.object({
  id: z.number().int().optional(),
  documentId: z.string().optional(),
  user_email: emailAddress,
  company: z.object({ id: numericId }).nullish(),
  bot: z.object({ id: numericId }).nullish(),
  ...settings,
});
export type PreferenceRecord = z.output<typeof preferenceRecord>;

/** `GET …/by-user/:companyId/:botId/:userEmail` of the CMS. */
export const byUserAnswer = z.object({
  data: notificationSettings,
  cache_hit: z.boolean().optional(),
  fallback_applied: z.boolean().optional(),
});

/** Where the preferences of a batch came from: promise 5's ladder. */
export const PREFERENCE_SOURCES = ['cms', 'cache', 'stale_cache', 'defaults'] as const;
export type PreferenceSource = (typeof PREFERENCE_SOURCES)[number];

/** What Tidings itself answers for the by-user route. */
export const resolvedPreferences = z.object({
  data: notificationSettings.extend(preferenceOwner.shape),
  cache_hit: z.boolean(),
  fallback_applied: z.boolean(),
  source: z.enum(PREFERENCE_SOURCES),
});

/** Body of `POST /webhooks/preference-updated`: the reference payload. A hint; never trusted for content. */
export const preferenceWebhook = z.object({
  action: z.enum(['created', 'updated', 'deleted']),
  company_id: numericId,
  bot_id: numericId,
  user_email: emailAddress,
  preferences: z.looseObject({}).nullish(),
  timestamp,
});
export type PreferenceWebhook = z.output<typeof preferenceWebhook>;
