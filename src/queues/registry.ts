import { z } from 'zod';
import { fileEvent, MAX_EVENTS_PER_REQUEST } from '../contracts/file-events.ts';
import { defineQueue } from './define.ts';

/**
 * Every queue there is. Workers, Bull Board, replay and metrics read this list; a queue added here
 * needs a processor in `workers/processors.ts` before it compiles.
 */

const BACKOFF = { baseMs: 500, capMs: 30_000 };

/**
 * Ids only; the one exception is a producer that adds its events to the queue itself. During a rolling
 * restart workers meet jobs of the next release: fields they do not know are ignored.
 */
const fileEventsPayload = z.union([
  z.object({ chunk_id: z.uuid() }),
  z.object({ events: z.array(fileEvent).min(1).max(MAX_EVENTS_PER_REQUEST) }),
]);
export type FileEventsPayload = z.output<typeof fileEventsPayload>;

const batchPayload = z.object({ batch_id: z.uuid() });
const emailPayload = z.object({ email_id: z.number().int() });
const correctionPayload = z.object({ correction_id: z.number().int() });

export const queues = {
  'file-events': defineQueue<FileEventsPayload>({
    name: 'file-events',
    payload: fileEventsPayload,
    jobId: (payload) => {
      if ('chunk_id' in payload) return `chunk-${payload.chunk_id}`;
      throw new TypeError('jobs that carry events are added by producers, not by us');
    },
    attempts: 10,
    backoff: BACKOFF,
    concurrency: 4,
  }),
  'batch-close': defineQueue({
    name: 'batch-close',
    payload: batchPayload,
    jobId: ({ batch_id }) => `close-${batch_id}`,
    attempts: 10,
    backoff: BACKOFF,
    concurrency: 8,
  }),
  'email-render': defineQueue({
    name: 'email-render',
    payload: emailPayload,
    jobId: ({ email_id }) => `render-${email_id}`,
    attempts: 5,
    backoff: BACKOFF,
    // As many as share statements with one another.
    concurrency: 20,
  }),
  'email-send': defineQueue({
    name: 'email-send',
    payload: emailPayload,
    jobId: ({ email_id }) => `send-${email_id}`,
    attempts: 10,
    backoff: BACKOFF,
    concurrency: 20,
  }),
  'cms-write-back': defineQueue({
    name: 'cms-write-back',
    payload: batchPayload,
    jobId: ({ batch_id }) => `write-back-${batch_id}`,
    attempts: 10,
    backoff: { baseMs: 1000, capMs: 300_000 },
    concurrency: 4,
  }),
  'cms-usage': defineQueue({
    name: 'cms-usage',
    payload: z.object({ company_id: z.number().int() }),
    jobId: ({ company_id }) => `usage-${company_id}`,
    attempts: 10,
    backoff: { baseMs: 1000, capMs: 300_000 },
    concurrency: 2,
  }),
  'cms-compare': defineQueue({
    name: 'cms-compare',
    payload: z.object({}),
    jobId: () => 'compare',
    attempts: 3,
    backoff: BACKOFF,
    concurrency: 1,
  }),
  corrections: defineQueue({
    name: 'corrections',
    payload: correctionPayload,
    jobId: ({ correction_id }) => `correction-${correction_id}`,
    attempts: 10,
    backoff: BACKOFF,
    concurrency: 8,
  }),
  'correction-restore': defineQueue({
    name: 'correction-restore',
    payload: correctionPayload,
    jobId: ({ correction_id }) => `restore-${correction_id}`,
    attempts: 10,
    backoff: BACKOFF,
    concurrency: 4,
  }),
  'second-look': defineQueue({
    name: 'second-look',
    payload: correctionPayload,
    jobId: ({ correction_id }) => `second-look-${correction_id}`,
    attempts: 10,
    backoff: BACKOFF,
    concurrency: 4,
  }),
  'quarantine-purge': defineQueue({
    name: 'quarantine-purge',
    payload: correctionPayload,
    jobId: ({ correction_id }) => `purge-${correction_id}`,
    attempts: 10,
    backoff: { baseMs: 1000, capMs: 300_000 },
    concurrency: 2,
  }),
  preferences: defineQueue({
    name: 'preferences',
    payload: batchPayload,
    jobId: ({ batch_id }) => `preferences-${batch_id}`,
    attempts: 5,
    backoff: BACKOFF,
    concurrency: 4,
  }),
};

export type QueueName = keyof typeof queues;
export type PayloadOf<Name extends QueueName> = z.output<(typeof queues)[Name]['payload']>;
export const queueNames = Object.keys(queues) as QueueName[];
