import { z } from 'zod';
import { freeText, identifier, jsonObject, numericId } from './text.ts';

/** A producer asks for the leftovers of a failed file to be removed: design section 6. */
export const correctionRequest = z.strictObject({
  file_document_id: identifier(),
  file_name: freeText(1024).optional(),
  storage_key: identifier(1024).optional(),
  company_id: numericId.optional(),
  bot_id: numericId.optional(),
  failure_category: freeText(50).min(1),
  error_message: freeText(10_000).min(1),
  error_details: jsonObject.optional(),
});
export type CorrectionRequest = z.output<typeof correctionRequest>;

export const CORRECTION_STATUSES = [
  'pending',
  'awaiting_approval',
  'processing',
  'completed',
  'failed',
  'cancelled',
  'dry_run',
] as const;
export type CorrectionStatus = (typeof CORRECTION_STATUSES)[number];
