import { z } from 'zod';
import { partialSettings } from './preferences.ts';
import { identifier, numericId } from './text.ts';

/** The rest of the CMS contract: companies and file records. Unknown fields are ignored. */

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
export const fileRecordChange = z.object({
  name: z.string().min(1).max(1024).optional(),
  storage_key: z.string().max(1024).nullable().optional(),
  company: numericId.optional(),
  bot: numericId.optional(),
  notification_sent: z.boolean().optional(),
  last_notification_batch: z.string().max(255).nullable().optional(),
  processing_metadata: z.record(z.string(), z.unknown()).optional(),
});
export type FileRecordChange = z.output<typeof fileRecordChange>;
