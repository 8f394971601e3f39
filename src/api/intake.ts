import { randomUUID } from 'node:crypto';
import type { FileEvent } from '../contracts/file-events.ts';
import { blamesContent } from '../db/client.ts';
import { type Acceptance, acceptEvents, type NewEvent, newEvent } from '../db/queries/inbox.ts';
import type { Deps } from '../deps.ts';
import { groupCommit, QueueFull } from '../group-commit.ts';
import { inTime } from './in-time.ts';
import { HttpProblem } from './problem.ts';

/** Events that share one statement, one commit and one job. */
const MAX_GROUP_EVENTS = 1000;
/** Two are worked on while one waits for the disk; more only wait for each other. */
const GROUPS_IN_FLIGHT = 3;
/** What may wait, in bytes: a few seconds' worth. */
const MAX_WAITING_BYTES = 32 * 2 ** 20;
/** What an event takes while it waits, besides its JSON. */
const EVENT_OVERHEAD_BYTES = 1000;
/** How soon a client that was turned away may try again. */
const RETRY_AFTER_SECONDS = 1;

/** Accepts the events of one request: all of them or none. */
export type Intake = (events: FileEvent[]) => Promise<Acceptance[]>;

/**
 * Opens the intake of a process. Requests that arrive together share one insert, one commit and one
 * job; each is answered after the commit (promise 1). Telling the queue comes after the commit too and
 * is not waited for; the sweep makes up for it.
 */
export function openIntake(deps: Deps): Intake {
  const add = groupCommit<NewEvent[], Acceptance[]>({
    // One that hangs makes room, so that it holds up nobody but those in it.
    commit: (requests) => inTime(acceptTogether(deps, requests)),
    separable: blamesContent,
    sizeOf: (events) => events.length,
    maxSize: MAX_GROUP_EVENTS,
    bytesOf: (events) =>
      events.reduce((sum, { json }) => sum + json.length + EVENT_OVERHEAD_BYTES, 0),
    maxWaitingBytes: MAX_WAITING_BYTES,
    maxInFlight: GROUPS_IN_FLIGHT,
    restMs: 0,
  });
  return async (events) => {
    deps.metrics.intakeWaiting.inc();
    try {
      return await add(events.map((event) => newEvent(event, event.event_id ?? randomUUID())));
    } catch (error) {
      throw error instanceof QueueFull ? tooMuchWaits() : error;
    } finally {
      deps.metrics.intakeWaiting.dec();
    }
  };
}

/** Of several requests with the same id the first one wins, as if they had come one by one. */
async function acceptTogether(deps: Deps, requests: NewEvent[][]): Promise<Acceptance[][]> {
  const chunkId = randomUUID();
  const acceptances = await acceptEvents(deps.db.sql, chunkId, requests.flat());
  const accepted = acceptances.reduce((sum, { status }) => sum + Number(status === 'accepted'), 0);
  if (accepted > 0) void deps.producer.raise('file-events', [{ payload: { chunk_id: chunkId } }]);
  deps.metrics.eventsAccepted.inc(accepted);
  deps.metrics.eventsDuplicate.inc(acceptances.length - accepted);
  let from = 0;
  return requests.map(({ length }) => {
    from += length;
    return acceptances.slice(from - length, from);
  });
}

const tooMuchWaits = () =>
  new HttpProblem(
    503,
    'Service unavailable',
    'More events wait for the database than can be kept. Nothing of this request was accepted: send it again.',
    { headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) } },
  );
