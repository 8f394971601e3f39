import { z } from 'zod';
import { partialSettings } from './preferences.ts';
import { freeText, identifier, jsonObject, numericId, storageKey } from './text.ts';

/** The rest of the CMS contract: companies, bots and file records. Unknown fields of an answer are ignored. */

const count = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);

/** `GET /api/companies/:id`. */
export const companyRecord = z.object({
  id: numericId,
  documentId: z.string(),
  name: z.string().nullish(),
  default_notification_settings: partialSettings.nullish(),
  notification_quota: z.number().int().min(0).nullish(),
  notification_usage: z.number().int().min(0).nullish(),
});
export type CompanyRecord = z.output<typeof companyRecord>;

/** What `PUT /api/companies/:id` takes, in `{ "data": … }`. */
export const companyChange = z.strictObject({
  name: freeText(255).min(1).optional(),
  default_notification_settings: partialSettings.strict().optional(),
  notification_quota: count.optional(),
  notification_usage: count.optional(),
});
export type CompanyChange = z.output<typeof companyChange>;

/** What `POST /api/companies` takes; `id` where the company already has a number elsewhere. */
export const companyInput = companyChange.extend({
  id: numericId.optional(),
  name: freeText(255).min(1),
});

/** `GET /api/bots/:id`. */
export const botRecord = z.object({
  id: numericId,
  documentId: z.string(),
  name: z.string().nullish(),
  processing_settings: z.record(z.string(), z.unknown()).nullish(),
});

/** What `PUT /api/bots/:id` takes, in `{ "data": … }`. */
export const botChange = z.strictObject({
  name: freeText(255).min(1).optional(),
  processing_settings: jsonObject.optional(),
});

/** What `POST /api/bots` takes; `id` where the bot already has a number elsewhere. */
export const botInput = botChange.extend({
  id: numericId.optional(),
  name: freeText(255).min(1),
});

/** `GET /api/health`; with 503 where the status is `unhealthy`. */
export const cmsHealth = z.looseObject({
  timestamp: z.iso.datetime({ offset: true }),
  status: z.enum(['healthy', 'unhealthy']),
  services: z.looseObject({ database: z.enum(['healthy', 'unhealthy']) }),
});

/** `GET|PUT /api/files/:documentId`. */
export const fileRecord = z.object({
  documentId: identifier(),
  name: z.string().nullish(),
  storage_key: z.string().nullish(),
  company: z.object({ id: numericId }).nullish(),
  bot: z.object({ id: numericId }).nullish(),
  notification_sent: z.boolean().nullish(),
  last_notification_batch: z.string().nullish(),
  processing_metadata: z.record(z.string(), z.unknown()).nullish(),
});
export type FileRecord = z.output<typeof fileRecord>;

/** What may be written with `PUT /api/files/:documentId`, in `{ "data": … }`. */
export const fileRecordChange = z.strictObject({
  name: freeText(1024).min(1).optional(),
  storage_key: storageKey.nullable().optional(),
  company: numericId.optional(),
  bot: numericId.optional(),
  notification_sent: z.boolean().optional(),
  last_notification_batch: identifier().nullable().optional(),
  processing_metadata: jsonObject.optional(),
});
export type FileRecordChange = z.output<typeof fileRecordChange>;

/** What `POST /api/files` takes, in `{ "data": … }`; the CMS draws a `documentId` where none is given. */
export const fileRecordInput = fileRecordChange.extend({
  documentId: identifier().optional(),
  name: freeText(1024).min(1),
});
export type FileRecordInput = z.output<typeof fileRecordInput>;
