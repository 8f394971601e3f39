import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { accessPath } from './access-path.ts';
import { keyKind } from './auth.ts';
import type { Db } from './database.ts';
import { errorCode } from './database-errors.ts';
import type { Metrics } from './metrics.ts';
import { accessLog } from './schema.ts';

const FLUSH_MS = 1000;
const MAX_BATCH = 1000;
/** So many accesses are kept in memory while the database is away; later ones are counted only. */
const MAX_WAITING = 20_000;

export interface AccessAudit {
  record: RequestHandler;
  /** Writes what waits and ends. */
  stop(): Promise<void>;
}

/** Records every access, in batches once a second, so that no request waits for its own record. */
export function startAccessAudit(db: Db, metrics: Metrics, log: Logger): AccessAudit {
  const waiting: (typeof accessLog.$inferInsert)[] = [];
  let running: Promise<void> | null = null;

  const writeWaiting = async () => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH);
      await db.insert(accessLog).values(batch);
      waiting.splice(0, batch.length);
    }
  };
  const flush = () => {
    running ??= writeWaiting()
      .catch((error) => {
        log.error({ code: errorCode(error), waiting: waiting.length }, 'access log not written');
      })
      .finally(() => {
        running = null;
      });
    return running;
  };

  const timer = setInterval(() => void flush(), FLUSH_MS);
  return {
    record: (request, response, next) => {
      const at = new Date();
      response.on('close', () => {
        if (waiting.length >= MAX_WAITING) return metrics.auditDropped.inc();
        waiting.push({
          at,
          key_kind: keyKind(response),
          method: request.method,
          path: accessPath(request.originalUrl),
          status: response.statusCode,
        });
      });
      next();
    },
    stop: async () => {
      clearInterval(timer);
      await flush();
      await flush();
    },
  };
}
