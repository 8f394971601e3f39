import { type QueueName, queues } from './registry.ts';

/**
 * What the board shows of a job's data: ids, and of anything else at most how many events there are. A
 * producer's own job may hold names and addresses until its events are stored, and one that does not
 * fit for as long as it is kept.
 */
export function shownPayload(name: QueueName, data: unknown): object {
  const { success, data: payload } = queues[name].payload.safeParse(data);
  if (success && !('events' in payload)) return payload;
  const { events } = Object(data) as { events?: unknown };
  return Array.isArray(events) ? { events: events.length } : {};
}
