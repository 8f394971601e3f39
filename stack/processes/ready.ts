import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Child } from './child.ts';
import { logTail } from './log-tail.ts';

/** Waiting until a part answers, not until some time has passed. */

/**
 * Asks `answers` every 50 ms until it says true; a throw counts as "not yet".
 * @throws at once when the child ends, or after `timeoutMs`; with the part's name and its log's end
 */
export async function untilReady(
  child: Child,
  answers: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  let how: string | undefined;
  const watch = child.ended.then((end) => {
    how = end;
  });
  const deadline = Date.now() + timeoutMs;
  while (how === undefined) {
    const attempt = answers().catch(() => false);
    // Another program may answer in the place of one that has just ended.
    if ((await Promise.race([attempt, watch])) === true && how === undefined) return;
    if (Date.now() > deadline) break;
    await Promise.race([pause(50), watch]);
  }
  const problem = how ?? `did not answer within ${timeoutMs / 1000} s`;
  const tail = await logTail(child.logFile);
  throw new Error(
    `${child.name} ${problem}.${tail ? ` The end of its log:\n${tail}` : ' It logged nothing.'}`,
  );
}

/** Whether an HTTP server answers at `url` with a status that `accept` takes (2xx unless given). */
export async function httpAnswers(
  url: string,
  accept: (status: number) => boolean = (status) => status >= 200 && status < 300,
): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000), redirect: 'manual' });
  await response.body?.cancel();
  return accept(response.status);
}

/** What a process that runs with `tell-connections.ts` writes when it is connected to. */
export const connectionLine = (port: number): string => `connected to on port ${port}\n`;

/**
 * Whether it is the process itself that is reached on a port, not another program that opened the port
 * first. To be asked after an answer, of a process that runs with `tell-connections.ts`.
 */
export async function isReached(child: Child, port: number): Promise<boolean> {
  const log = await readFile(child.logFile, 'utf8');
  return log.includes(connectionLine(port));
}
