import { z } from 'zod';
import {
  emailAddress,
  freeText,
  identifier,
  isFlawless,
  jsonObject,
  numericId,
  storageKey,
  timestamp,
} from './text.ts';

/** What a producer says about one file. HTTP, queue payload, inbox and OpenAPI share this shape. */

export const PROCESSING_STAGES = [
  'download',
  'processing',
  'storage',
  'completed',
  'failed',
] as const;
export const FILE_STATUSES = ['pending', 'processing', 'success', 'failed'] as const;
export const ERROR_CATEGORIES = [
  'file_not_found',
  's3_error',
  'processing_error',
  'storage_error',
] as const;

export type ProcessingStage = (typeof PROCESSING_STAGES)[number];
export type FileStatus = (typeof FILE_STATUSES)[number];

/** At most this many events in one request: they are accepted all or none, and applied together. */
export const MAX_EVENTS_PER_REQUEST = 1000;

/** A clock further ahead than this would make every later event of the file look old. */
const MAX_CLOCK_LEAD_MS = 24 * 3_600_000;

export const eventError = z.strictObject({
  category: freeText(50).optional(),
  message: freeText(10_000).min(1),
  details: jsonObject.optional(),
  stack: freeText(65_536).optional(),
});

const common = {
  event_id: identifier(128).optional(),
  file_document_id: identifier(),
  company_id: numericId,
  bot_id: numericId,
  user_email: emailAddress,
  storage_key: storageKey.optional(),
  file_event_id: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  occurred_at: timestamp
    .refine((at) => Date.parse(at) <= Date.now() + MAX_CLOCK_LEAD_MS, {
      error: 'is more than a day ahead',
      when: isFlawless,
    })
    .optional(),
  processing_time_seconds: z
    .number()
    .min(0)
    .max(2 ** 31 - 1)
    .optional(),
  chunks_created: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional(),
  file_size_bytes: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  error: eventError.optional(),
};

const progress = z
  .strictObject({
    ...common,
    action: z.enum(['create', 'update']),
    file_name: freeText(1024).min(1),
    processing_stage: z.enum(PROCESSING_STAGES),
    status: z.enum(FILE_STATUSES),
  })
  .superRefine(
    (event, context) => {
      const { status, processing_stage: stage } = event;
      if (status === 'failed' && event.error === undefined)
        refuse(context, 'error', 'is required when status is failed');
      if (stage === 'completed' && status !== 'success')
        refuse(context, 'status', 'must be success when processing_stage is completed');
      if (stage === 'failed' && status !== 'failed')
        refuse(context, 'status', 'must be failed when processing_stage is failed');
    },
    // Also where other fields are at fault, so that one answer names them all.
    { when: () => true },
  );

function refuse(context: z.core.$RefinementCtx, field: string, message: string): void {
  // A field that is at fault by itself has been named already.
  if (context.issues.some(({ path }) => path?.[0] === field)) return;
  context.addIssue({ code: 'custom', path: [field], message });
}

const removal = z.strictObject({
  ...common,
  action: z.literal('delete'),
  file_name: freeText(1024).min(1).optional(),
  processing_stage: z.enum(PROCESSING_STAGES).optional(),
  status: z.enum(FILE_STATUSES).optional(),
});

/** One file event as a producer sends it. */
export const fileEvent = z.discriminatedUnion('action', [progress, removal], {
  error: (issue) =>
    issue.code === 'invalid_union' ? 'must be create, update or delete' : undefined,
});
export type FileEvent = z.output<typeof fileEvent>;

/** Several events of one request, applied together. */
export const fileEventList = z.strictObject({
  events: z.array(fileEvent).min(1).max(MAX_EVENTS_PER_REQUEST),
});

/** What `POST /api/file-events` answers for each event, in the order sent. */
export const intakeAnswer = z.object({
  data: z.object({
    accepted: z.number().int(),
    duplicates: z.number().int(),
    events: z.array(
      z.object({
        event_id: z.string(),
        status: z.enum(['accepted', 'duplicate']),
        differs: z.literal(true).optional(),
      }),
    ),
  }),
});
