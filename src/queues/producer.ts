import { type Job, Queue } from 'bullmq';
import { groupCommit } from '../group-commit.ts';
import type { RedisConnection } from './connection.ts';
import { type PayloadOf, type QueueName, queues } from './registry.ts';

/** A job to be put in motion; `at` is when it may run at the earliest. */
export interface Raise<Name extends QueueName> {
  payload: PayloadOf<Name>;
  at?: Date;
  /** The job's place in its company's own line: first places go first, whosever they are. */
  place?: number;
}

/** Places beyond this are all last; the queue library takes no larger priority. */
const LAST_PLACE = 2_000_000;

/** Jobs of one command; Redis serves nobody else while it works on it. */
const MAX_JOBS_AT_ONCE = 1000;

export interface Producer {
  /**
   * Adds jobs. Best effort: what cannot be added is reported and left to the sweep, because Postgres
   * already holds it.
   */
  raise<Name extends QueueName>(name: Name, jobs: Raise<Name>[]): Promise<void>;
  /**
   * Makes sure that each job is in motion: added where Redis does not know it or has it as finished,
   * brought forward where it waits for later than `at`.
   * @returns how many jobs had to be touched
   * @throws when Redis does not answer
   */
  ensure<Name extends QueueName>(name: Name, jobs: Raise<Name>[]): Promise<number>;
  /** The same, but best effort as `raise` is. */
  tryToEnsure<Name extends QueueName>(name: Name, jobs: Raise<Name>[]): Promise<void>;
  queue(name: QueueName): Queue;
  close(): Promise<void>;
}

/** @param onFailure told when jobs could not be added */
export function openProducer(
  connection: RedisConnection,
  prefix: string,
  onFailure: (queue: QueueName, error: unknown) => void,
): Producer {
  const open = new Map<QueueName, Queue>();
  const queue = (name: QueueName) => {
    const known = open.get(name);
    if (known) return known;
    // A queue opened while Redis is away would stay broken after Redis is back.
    if (connection.status !== 'ready' && failsFast(connection))
      throw new Error('Redis is not connected');
    const created = new Queue(name, { connection, prefix, skipWaitingForReady: true });
    created.on('error', () => {}); // the connection reports its own errors
    open.set(name, created);
    return created;
  };

  const add = async <Name extends QueueName>(name: Name, jobs: Raise<Name>[]) => {
    const described = jobs.map(({ payload, at, place }) => ({
      name,
      data: payload,
      opts: {
        jobId: queues[name].jobId(payload as never),
        attempts: queues[name].attempts,
        backoff: { type: 'custom' },
        ...(place !== undefined && { priority: Math.min(Math.max(1, place), LAST_PLACE) }),
        delay: at ? Math.max(0, at.getTime() - Date.now()) : 0,
      },
    }));
    const [first, ...others] = described;
    // A pipeline costs as much to set up as several commands to send.
    if (first && others.length === 0) await queue(name).add(first.name, first.data, first.opts);
    else await queue(name).addBulk(described);
  };

  /** Jobs raised while others are on their way to Redis go there together. */
  const adders = new Map<QueueName, (jobs: Raise<QueueName>[]) => Promise<void>>();
  const adder = (name: QueueName) => {
    const known = adders.get(name);
    if (known) return known;
    const created = groupCommit<Raise<QueueName>[], void>({
      commit: async (calls) => {
        await add(name, calls.flat());
        return calls.map(() => undefined);
      },
      separable: () => false,
      sizeOf: (jobs) => jobs.length,
      maxSize: MAX_JOBS_AT_ONCE,
      bytesOf: () => 0,
      maxWaitingBytes: Number.POSITIVE_INFINITY,
      maxInFlight: 2,
      restMs: 0,
    });
    adders.set(name, created);
    return created;
  };

  const ensure: Producer['ensure'] = async (name, jobs) => {
    const missing = await Promise.all(
      jobs.map(async (raise) => {
        const id = queues[name].jobId(raise.payload as never);
        const job: Job | undefined = await queue(name).getJob(id);
        return !job || (await makeRoom(job, raise.at, queues[name].backoff.capMs)) ? raise : null;
      }),
    );
    const wanted = missing.filter((raise) => raise !== null);
    if (wanted.length > 0) await add(name, wanted);
    return wanted.length;
  };

  return {
    async raise(name, jobs) {
      if (jobs.length === 0) return;
      try {
        await adder(name)(jobs);
      } catch (error) {
        onFailure(name, error);
      }
    },
    ensure,
    async tryToEnsure(name, jobs) {
      try {
        await ensure(name, jobs);
      } catch (error) {
        onFailure(name, error);
      }
    },
    queue,
    async close() {
      await Promise.all([...open.values()].map((created) => created.close()));
    },
  };
}

/** Whether commands fail at once while Redis is away, instead of waiting for it. */
function failsFast({ options }: RedisConnection): boolean {
  return options.enableOfflineQueue === false;
}

/** @returns whether the job is out of the way and has to be added anew */
async function makeRoom(
  job: Job,
  at: Date | undefined,
  longestBackoffMs: number,
): Promise<boolean> {
  if (job.finishedOn) {
    await job.remove();
    return true;
  }
  const wanted = at?.getTime() ?? Date.now();
  // A delay counts from when it was set: at the job's last run, or by a change nobody noted. An alarm
  // may always be early; only the backoff of a job that has failed is not cut short without need.
  const runsAt = (job.processedOn ?? job.timestamp) + job.delay;
  if (!at && job.attemptsMade > 0 && job.delay <= longestBackoffMs) return false;
  const late = job.attemptsMade === 0 || runsAt > wanted + 1000;
  if (job.delay > 0 && late && (await job.isDelayed()))
    await job.changeDelay(Math.max(0, wanted - Date.now()));
  return false;
}
