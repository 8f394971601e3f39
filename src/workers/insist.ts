import { setTimeout as pause } from 'node:timers/promises';
import { sqlState } from '../db/client.ts';
import { backoffDelay } from '../domain/backoff.ts';

/** Between tries; Postgres is seldom away for longer than a restart takes. */
const PAUSES = { baseMs: 100, capMs: 2000 };

/** What is wrong with the content stays wrong. */
const isHopeless = (error: unknown): boolean => /^(2[23]|54)/.test(sqlState(error) ?? '');

/**
 * Writes what nobody else knows, again and again while Postgres does not take it.
 * @param write may be repeated; told whether it is, when an earlier try may have been carried out though
 *   its answer was lost
 * @param until by `performance.now()`: later it is no use
 * @param stop the process has to let go
 * @throws what the last try rejects with
 */
export async function insist<Result>(
  write: (again: boolean) => Promise<Result>,
  until: number,
  stop: AbortSignal,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write(tries > 1);
    } catch (error) {
      if (isHopeless(error) || stop.aborted || performance.now() >= until) throw error;
    }
    const ms = backoffDelay(tries, PAUSES, Math.random());
    await pause(ms, undefined, { signal: stop }).catch(() => {});
  }
}
