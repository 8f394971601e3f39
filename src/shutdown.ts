import type { Logger } from './observability/logger.ts';

/** A process that has not drained by then ends anyway; what it held is taken up by the others. */
const DEADLINE_MS = 30_000;

/** Runs `drain` once on SIGTERM or SIGINT and ends the process, at the latest after the deadline. */
export function onShutdown(log: Logger, drain: () => Promise<void>): void {
  let draining = false;
  const shutDown = (signal: NodeJS.Signals) => {
    if (draining) return;
    draining = true;
    log.info({ signal }, 'draining');
    setTimeout(() => {
      log.error('not drained within the deadline; leaving the rest to others');
      process.exit(1);
    }, DEADLINE_MS).unref();
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
