import { setMaxListeners } from 'node:events';

/**
 * Runs `work` under a signal that aborts when its time is up or when an outer signal does. The signal's
 * reason is then a `TimeoutError`, or the outer signal's own.
 *
 * Not `AbortSignal.any`: on Node 20 the parts of a combined signal may be collected as garbage, and its
 * time-out never comes.
 * @param ms how long the work may take, in milliseconds
 * @param stop ends the work early; already aborted, the work begins with an aborted signal
 * @throws what `work` rejects with; keeping to the signal is up to the work
 */
export async function withDeadline<Result>(
  ms: number,
  stop: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const given = new AbortController();
  const giveUp = () => given.abort(stop?.reason);
  const timer = setTimeout(() => {
    given.abort(new DOMException(`not done within ${ms} ms`, 'TimeoutError'));
  }, ms);
  // One signal ends as much work as there is: more listeners than ten are no leak.
  if (stop) setMaxListeners(0, stop);
  stop?.addEventListener('abort', giveUp, { once: true });
  if (stop?.aborted) giveUp();
  try {
    return await work(given.signal);
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener('abort', giveUp);
  }
}
