import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  type FileEvent,
  fileEvent,
  fileEventList,
  intakeAnswer,
} from '../contracts/file-events.ts';
import { acceptEvents } from '../db/queries/inbox.ts';
import type { Deps } from '../deps.ts';
import { route } from './route.ts';

/** One event or several; told apart by `events`, so that errors name the right field. */
const body = z.unknown().transform((input, context): FileEvent[] => {
  const several = typeof input === 'object' && input !== null && 'events' in input;
  const parsed = several ? fileEventList.safeParse(input) : fileEvent.safeParse(input);
  if (parsed.success) return 'events' in parsed.data ? parsed.data.events : [parsed.data];
  for (const issue of parsed.error.issues) context.issues.push({ ...issue, input } as never);
  return z.NEVER;
});

/**
 * Accepts events: one statement, one commit, then the answer (promise 1). Telling the queue comes
 * after the commit and is not waited for; the sweep makes up for it.
 */
async function accept(deps: Deps, events: FileEvent[]) {
  const chunkId = randomUUID();
  const accepted = await acceptEvents(
    deps.db.sql,
    chunkId,
    events.map((payload) => ({
      event_id: payload.event_id ?? randomUUID(),
      occurred_at: payload.occurred_at ? new Date(payload.occurred_at) : null,
      payload,
    })),
  );
  const count = accepted.filter((event) => event.status === 'accepted').length;
  if (count > 0) void deps.producer.raise('file-events', [{ payload: { chunk_id: chunkId } }]);
  deps.metrics.eventsAccepted.inc(count);
  deps.metrics.eventsDuplicate.inc(accepted.length - count);
  return { accepted: count, duplicates: accepted.length - count, events: accepted };
}

export const fileEventRoutes = [
  route({
    method: 'post',
    path: '/api/file-events',
    access: 'producer',
    tag: 'Intake',
    summary: 'Accept one event, or several that are applied together: all or nothing',
    body,
    described: z.union([fileEvent, fileEventList]),
    answers: { 202: { description: 'Durable; will be applied', schema: intakeAnswer } },
    handle: async ({ deps, body: events }) => ({
      status: 202,
      body: { data: await accept(deps, events) },
    }),
  }),
];
