import { z } from 'zod';
import { emailAddress, numericId, timestamp } from './text.ts';

/**
 * How one person wants to be told about one bot. Limits and defaults are part of what any CMS has to
 * serve (docs/cms.md).
 */

export const EMAIL_FORMATS = ['html', 'text'] as const;

const settings = {
  notification_enabled: z.boolean(),
  batch_size_threshold: z.number().int().min(1).max(100),
  notification_delay_minutes: z.number().int().min(1).max(1440),
  email_format: z.enum(EMAIL_FORMATS),
  include_success_details: z.boolean(),
  include_error_details: z.boolean(),
};

/** How to write to the person. Unlike the other settings a CMS may leave these out. */
const personal = {
  /** BCP 47 language tag, such as `de` or `en-GB`. */
  locale: z
    .string()
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'is not a language tag')
    .max(35)
    .nullable(),
  /** IANA time zone, such as `Europe/Berlin`. */
  timezone: z.string().max(64).refine(isTimeZone, 'is not a time zone').nullable(),
};

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * The settings that decide about a notification. A language or time zone that nobody understands is no
 * reason to distrust the rest: it counts as not given.
 */
export const notificationSettings = z.object({
  ...settings,
  locale: personal.locale.nullish().catch(null),
  timezone: personal.timezone.nullish().catch(null),
});
export type NotificationSettings = z.output<typeof notificationSettings>;

/** The same settings, each optional: a company's defaults, a partial update. */
export const partialSettings = z.object({ ...settings, ...personal }).partial();
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
export const preferenceRecord = notificationSettings.extend({
  id: z.number().int().optional(),
  documentId: z.string().optional(),
  user_email: emailAddress,
  company: z.object({ id: numericId }).nullish(),
  bot: z.object({ id: numericId }).nullish(),
});

/** What `POST …/user-notification-preferences` takes, in `{ "data": … }`; unset settings take the built-in ones. */
export const preferenceInput = z.strictObject({
  company: numericId,
  bot: numericId,
  user_email: emailAddress,
  ...partialSettings.shape,
});
export type PreferenceInput = z.output<typeof preferenceInput>;

/** What `PUT …/user-notification-preferences/:id` takes, in `{ "data": … }`. */
export const preferenceChange = preferenceInput.partial();
export type PreferenceChange = z.output<typeof preferenceChange>;

/** At most this many people in one `bulk-get`; a CMS refuses more. */
export const MAX_BULK_USERS = 100;

/** Body of `POST …/bulk-get`. The address keeps its case, because the answer is keyed by it. */
export const bulkRequest = z.strictObject({
  users: z
    .array(preferenceOwner.extend({ user_email: z.email().max(255) }).strict())
    .max(MAX_BULK_USERS),
});

/** `POST …/bulk-get`, keyed `company:bot:e-mail` as asked; null where a CMS does not apply the defaults. */
export const bulkAnswer = z.object({
  data: z.record(z.string(), notificationSettings.nullable()),
  missing_preferences: z.array(z.string()),
  processed_count: z.number().int(),
});

/** `GET …/by-user/:companyId/:botId/:userEmail` of the CMS. */
export const byUserAnswer = z.object({
  data: notificationSettings,
  cache_hit: z.boolean().optional(),
  fallback_applied: z.boolean().optional(),
});

/** Where the preferences of a batch came from: the ladder of promise 5. */
export const PREFERENCE_SOURCES = ['cms', 'cache', 'stale_cache', 'defaults'] as const;
export type PreferenceSource = (typeof PREFERENCE_SOURCES)[number];

/** What Tidings itself answers for the by-user route. */
export const resolvedPreferences = z.object({
  data: notificationSettings.extend(preferenceOwner.shape),
  cache_hit: z.boolean(),
  fallback_applied: z.boolean(),
  source: z.enum(PREFERENCE_SOURCES),
});

/** Body of `POST /webhooks/preference-updated`. A hint; never trusted for content. */
export const preferenceWebhook = z.object({
  action: z.enum(['created', 'updated', 'deleted']),
  company_id: numericId,
  bot_id: numericId,
  user_email: emailAddress,
  preferences: z.looseObject({}).nullish(),
  timestamp,
});
export type PreferenceWebhook = z.output<typeof preferenceWebhook>;
