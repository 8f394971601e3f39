import { databaseDown } from './problem.ts';

/** No request waits longer than this for the database, in milliseconds. */
const ANSWER_WITHIN_MS = 15_000;

/**
 * A database that hangs is as good as away; the client may send the same request again.
 * @throws what the work rejects with, or 503 when it takes too long
 */
export function inTime<Result>(work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(databaseDown()), ANSWER_WITHIN_MS);
    work.then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
