import { z } from 'zod';
import {
  type FileEvent,
  fileEvent,
  fileEventList,
  intakeAnswer,
} from '../contracts/file-events.ts';
import type { Intake } from './intake.ts';
import { route } from './route.ts';

/** One event or several; told apart by `events`, so that errors name the right field. */
const body = z.unknown().transform((input, context): FileEvent[] => {
  const several = typeof input === 'object' && input !== null && 'events' in input;
  const parsed = several ? fileEventList.safeParse(input) : fileEvent.safeParse(input);
  if (parsed.success) return 'events' in parsed.data ? parsed.data.events : [parsed.data];
  for (const issue of parsed.error.issues) context.issues.push({ ...issue, input } as never);
  return z.NEVER;
});

/** What a producer sends when a file is ready and another one failed. */
const EXAMPLE: z.input<typeof fileEventList> = {
  events: [
    {
      event_id: 'ingest-7f3a-1',
      action: 'create',
      file_document_id: 'k3v9x2m1p8q7w5z4',
      file_name: 'Handbook.pdf',
      company_id: 42,
      bot_id: 7,
      user_email: 'nadia@example.com',
      processing_stage: 'completed',
      status: 'success',
      chunks_created: 118,
    },
    {
      event_id: 'ingest-7f3a-2',
      action: 'create',
      file_document_id: 'b7n2c4d6f8g1h3j5',
      file_name: 'Scan 0007.pdf',
      storage_key: 'uploads/scan-0007.pdf',
      company_id: 42,
      bot_id: 7,
      user_email: 'nadia@example.com',
      processing_stage: 'failed',
      status: 'failed',
      error: { category: 'processing_error', message: 'The file is password-protected.' },
    },
  ],
};

/** `POST /api/file-events`, over the intake of the process. */
export const fileEventRoutes = (accept: Intake) => [
  route({
    method: 'post',
    path: '/api/file-events',
    access: 'producer',
    tag: 'Intake',
    summary: 'Accept one event, or several that are applied together: all or nothing',
    body,
    described: z.union([fileEvent, fileEventList]).meta({ example: EXAMPLE }),
    answers: { 202: { description: 'Durable; will be applied', schema: intakeAnswer } },
    handle: async ({ body: events }) => {
      const answers = await accept(events);
      const accepted = answers.reduce((sum, { status }) => sum + Number(status === 'accepted'), 0);
      const duplicates = answers.length - accepted;
      return { status: 202, body: { data: { accepted, duplicates, events: answers } } };
    },
  }),
];
