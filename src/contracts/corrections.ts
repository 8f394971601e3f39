import { z } from 'zod';
import { STORE_NAMES } from './stores.ts';
import { freeText, identifier, jsonObject, numericId, storageKey, timestamp } from './text.ts';

/** A producer asks for the leftovers of a failed file to be removed: `POST /api/corrections`. */
export const correctionRequest = z.strictObject({
  file_document_id: identifier(),
  file_name: freeText(1024).optional(),
  storage_key: storageKey.optional(),
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

/** Whose brake: `global`, `unassigned` (tasks that name no company) or a company's, `company:42`. */
export const brakeScope = z
  .string()
  .regex(/^(?:global|unassigned|company:[1-9]\d{0,9})$/, 'must be global, unassigned or company:ID')
  .refine((scope) => Number(scope.slice('company:'.length)) < 2 ** 31 || !scope.includes(':'), {
    error: 'names no possible company',
  })
  .transform((scope) => scope as 'global' | 'unassigned' | `company:${number}`);
export type BrakeScope = z.output<typeof brakeScope>;

/** An operator cancels what has not begun, all at once; at least one condition has to be given. */
export const cancelRequest = z
  .strictObject({
    company_id: numericId.optional(),
    bot_id: numericId.optional(),
    batch_id: z.uuid().optional(),
    failure_category: freeText(50).min(1).optional(),
    held_by: brakeScope.optional(),
    status: z.enum(['pending', 'awaiting_approval']).optional(),
    since: timestamp.optional(),
    until: timestamp.optional(),
    limit: z.number().int().min(1).max(100_000).default(10_000),
    dry_run: z.boolean().default(false),
  })
  .refine(({ limit: _limit, dry_run: _dryRun, ...filter }) => Object.keys(filter).length > 0, {
    error: 'give at least one condition, so that nobody cancels everything by mistake',
  });
/** What is kept of a removal: being written, kept, or purged because its time was over. */
export const QUARANTINE_STATES = ['saving', 'held', 'purged'] as const;

/**
 * `refused`: it must not be, and nothing was written. `failed`: it was not possible; where parts were
 * put back before that, the correction no longer says of their stores that they are clean.
 */
export const RESTORE_STATUSES = [
  'pending',
  'processing',
  'completed',
  'failed',
  'refused',
] as const;

/** What a correction's answer says of its undoing. */
export const correctionUndo = z.object({
  quarantine: z.array(
    z.object({
      store: z.enum(STORE_NAMES),
      state: z.enum(QUARANTINE_STATES),
      /** Objects, chunks or records. */
      items: z.number().int(),
      saved_at: z.iso.datetime().nullable(),
      expires_at: z.iso.datetime(),
    }),
  ),
  restore: z
    .object({
      status: z.enum(RESTORE_STATUSES),
      requested_by: z.enum(['operator', 'conflict']),
      requested_at: z.iso.datetime(),
      completed_at: z.iso.datetime().nullable(),
      reason: z.string().nullable(),
    })
    .nullable(),
  /** When its stores are read once more for what was written late; null where that is over or off. */
  second_look_at: z.iso.datetime().nullable(),
});
