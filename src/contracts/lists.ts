import { z } from 'zod';
import { brakeScope } from './corrections.ts';
import { RESOLUTIONS, RESOLVERS } from './errors.ts';
import { PROCESSING_STAGES } from './file-events.ts';
import { SUPPRESSION_REASONS, SUPPRESSION_SOURCES } from './suppressions.ts';
import { emailAddress, identifier, numericIdParam, timestamp } from './text.ts';

/** Lists: newest first, `limit` 1 to 200 (50), `cursor` as the list before answered it. */

const paging = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,32}$/, 'is not a cursor of this list')
    .transform((text) => Number(Buffer.from(text, 'base64url').toString()))
    .refine((id) => Number.isSafeInteger(id) && id > 0, 'is not a cursor of this list')
    .optional(),
  since: timestamp.optional(),
  until: timestamp.optional(),
};

/** `true` or `false` in a query string. */
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

const owner = {
  company_id: numericIdParam.optional(),
  bot_id: numericIdParam.optional(),
  user_email: emailAddress.optional(),
};

export const batchQuery = z.strictObject({
  ...paging,
  ...owner,
  status: identifier(50).optional(),
});
export const emailQuery = z.strictObject({
  ...paging,
  ...owner,
  send_status: identifier(50).optional(),
  batch_id: z.uuid().optional(),
});
export const correctionQuery = z.strictObject({
  ...paging,
  ...owner,
  status: identifier(50).optional(),
  batch_id: z.uuid().optional(),
  file_document_id: identifier().optional(),
  failure_category: identifier(50).optional(),
  mode: identifier(50).optional(),
  held_by: brakeScope.optional(),
});
export const brakeQuery = z.strictObject({
  ...paging,
  scope: brakeScope.optional(),
  /** Still on, or released. */
  engaged: flag.optional(),
});
export const errorQuery = z.strictObject({
  ...paging,
  company_id: owner.company_id,
  bot_id: owner.bot_id,
  batch_id: z.uuid().optional(),
  file_document_id: identifier().optional(),
  correction_id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  error_category: identifier(50).optional(),
  processing_stage: z.enum(PROCESSING_STAGES).optional(),
  resolution_status: z.enum(RESOLUTIONS).optional(),
  resolved_by: z.enum(RESOLVERS).optional(),
});

export const suppressionQuery = z.strictObject({
  ...paging,
  email: emailAddress.optional(),
  reason: z.enum(SUPPRESSION_REASONS).optional(),
  source: z.enum(SUPPRESSION_SOURCES).optional(),
  /** Still in force, or lifted. */
  active: flag.optional(),
});

/** A position in a list, opaque to clients. */
export const encodeCursor = (id: number): string => Buffer.from(String(id)).toString('base64url');

/** Whatever rows a list holds. */
export const listOf = (row: z.ZodType) =>
  z.object({ data: z.array(row), next_cursor: z.string().nullable() });
