/**
 * What a job may throw to end otherwise than by success. Anything else thrown is transient: the queue
 * retries it with backoff.
 */

/** Retrying cannot help: the input or the state forbids it. The job fails at once and keeps its reason. */
export class PermanentError extends Error {
  override name = 'PermanentError';
}

/** The work is fine but its time has not come. The job is put back until `until` and loses no attempt. */
export class NotYet extends Error {
  override name = 'NotYet';
  readonly until: Date;

  constructor(until: Date, why: string) {
    super(`${why}; again at ${until.toISOString()}`);
    this.until = until;
  }
}

/** A row's time has not come by a clock that may be behind ours: asked at once, it would say so again. */
const SOONEST_MS = 1000;

/**
 * What to throw where the database says that a row is not due.
 * @param until when it is, by the database's clock
 */
export function notDue(until: Date, why: string): NotYet {
  return new NotYet(new Date(Math.max(until.getTime(), Date.now() + SOONEST_MS)), why);
}

/** The text of anything that was thrown, for logs and stored reasons. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`;
}
