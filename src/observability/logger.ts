import { type Logger, pino } from 'pino';

export type { Logger };

const ADDRESS = /[^\s<>@"']+@[^\s<>@"']+/g;

/** Replaces e-mail addresses: logs, queues and boards carry no personal data (promise 9). */
export function masked(text: string): string {
  return text.replace(ADDRESS, '[address]');
}

/**
 * JSON lines on standard output. An `err` field is reduced to its masked message, stack and code;
 * driver errors carry parameters that must not be logged.
 */
export function createLogger(level: string, service: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describe },
  });
}

function describe(error: unknown) {
  if (!(error instanceof Error)) return { message: masked(String(error)) };
  const code = 'code' in error ? String(error.code) : undefined;
  const cause = error.cause instanceof Error ? masked(error.cause.message) : undefined;
  const stack = error.stack ? masked(error.stack) : undefined;
  return { name: error.name, message: masked(error.message), code, cause, stack };
}
