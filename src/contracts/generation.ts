import { z } from 'zod';
import { CORRECTION_STATUSES } from './corrections.ts';
import { FILE_STATUSES, PROCESSING_STAGES } from './file-events.ts';
import { emailAddress, numericIdParam } from './text.ts';

/** What an ingester asks before it writes a file's objects or chunks. */
export const generationQuery = z.strictObject({
  company_id: numericIdParam.optional(),
  bot_id: numericIdParam.optional(),
  user_email: emailAddress.optional(),
  /** The generation the ingester works for; with it, an outdated one is told so. */
  generation: numericIdParam.optional(),
});

/**
 * Why writing is not safe; `ongoing` where it is. All but `events_pending`, `correction_running` and
 * `restore_running`, which pass by themselves, call for a new event before anything is written.
 */
const WRITE_SAFETY = [
  'ongoing',
  'events_pending',
  'correction_running',
  'restore_running',
  'generation_outdated',
  'generation_failed',
  'generation_succeeded',
  'deleted',
] as const;

const correctionState = z.object({
  id: z.number().int(),
  generation: z.number().int(),
  status: z.enum(CORRECTION_STATUSES),
  /** Why it was cancelled; null where it was not. */
  cancel_reason: z.string().nullable(),
});

export const generationAnswer = z.object({
  file_document_id: z.string(),
  /** Counts how often ingestion of the file began; 0 before its first event is applied. */
  generation: z.number().int(),
  status: z.enum(FILE_STATUSES).nullable(),
  processing_stage: z.enum(PROCESSING_STAGES).nullable(),
  occurred_at: z.iso.datetime().nullable(),
  deleted: z.boolean(),
  /** Accepted events of the file that are not applied yet: ask again in a moment. */
  events_pending: z.boolean(),
  /** The newest correction of the file, of whichever generation. */
  correction: correctionState.nullable(),
  /**
   * A correction of this generation that has not come to its end. One that a producer asked for removes
   * nothing once events of the file have come after it, unless they say that it failed.
   */
  open_correction: correctionState.nullable(),
  /** What was removed is being put back. */
  restoring: z.boolean(),
  safe_to_write: z.boolean(),
  reason: z.enum(WRITE_SAFETY),
});
export type GenerationAnswer = z.output<typeof generationAnswer>;
