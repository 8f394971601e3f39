import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from './observability/logger.ts';

/** Part of the deadline kept for handing back what could not be finished, in milliseconds. */
const HAND_BACK_MS = 3000;
/** Busy connections end with an answer within this time, in milliseconds; then idle ones are closed. */
const FAREWELL_MS = 500;
const CLOSE_IDLE_EVERY_MS = 100;

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
  // A short deadline is for finishing too, and not for handing back alone.
  const letGoAfter = deadline - Math.min(HAND_BACK_MS, deadline / 2);
  let draining = false;
  const shutDown = (signal: NodeJS.Signals) => {
    if (draining) return;
    draining = true;
    log.info({ signal }, 'draining');
    setTimeout(() => options.letGo?.(), letGoAfter).unref();
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

/**
 * Prepares an HTTP server for being closed without failing a request. Once it is, every answer is the last
 * of its connection, so that clients that keep theirs busy go elsewhere. A connection between two requests
 * looks idle: closed at once, it would be reset under the next one.
 * @returns closes the server; settles when no connection is left
 */
export function closerOf(server: Server): () => Promise<void> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return async () => {
    server.prependListener('request', (_request, response) => {
      response.setHeader('Connection', 'close');
    });
    await pause(FAREWELL_MS);
    const closed = new Promise((resolve) => server.close(resolve));
    let silent: Socket[] = [];
    const closeIdle = setInterval(() => {
      server.closeIdleConnections();
      // Browsers open connections in advance; to the server these are not idle.
      for (const socket of silent) if (socket.bytesRead === 0) socket.destroy();
      silent = [...open].filter(({ bytesRead }) => bytesRead === 0);
    }, CLOSE_IDLE_EVERY_MS);
    await closed;
    clearInterval(closeIdle);
  };
}
