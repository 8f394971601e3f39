import type { Logger } from './observability/logger.ts';

/** Part of the deadline kept for handing back what could not be finished, in milliseconds. */
const HAND_BACK_MS = 3000;

/**
 * Runs `drain` once on SIGTERM or SIGINT and ends the process, at the latest after the deadline.
 * @param options.timeoutSeconds the deadline; an orchestrator must wait longer than this
 * @param options.letGo called a little before the deadline, so that work in progress is handed back
 */
export function onShutdown(
  log: Logger,
  drain: () => Promise<void>,
  options: { timeoutSeconds: number; letGo?: () => void },
): void {
  const deadline = options.timeoutSeconds * 1000;
  let draining = false;
  const shutDown = (signal: NodeJS.Signals) => {
    if (draining) return;
    draining = true;
    log.info({ signal }, 'draining');
    setTimeout(() => options.letGo?.(), Math.max(0, deadline - HAND_BACK_MS)).unref();
    setTimeout(() => {
      log.error('not drained within the deadline; leaving the rest to others');
      process.exit(1);
    }, deadline).unref();
    drain().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'draining failed');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', shutDown);
  process.once('SIGINT', shutDown);
}
