import { DrizzleQueryError } from 'drizzle-orm';
import { type Logger, pino } from 'pino';

export type { Logger };

/** Looked for from the beginning of a word alone: from each of its letters, long words take hours. */
const ADDRESS = /(?<![^\s<>@"'])[^\s<>@"']+@[^\s<>@"']+/g;

/** Replaces e-mail addresses: logs, queues and boards carry no personal data (promise 9). */
export function masked(text: string): string {
  return text.replace(ADDRESS, '[address]');
}

/**
 * JSON lines on standard output. An `err` field is reduced to its masked message, stack and code: errors
 * of drivers carry parameters that must not be logged.
 */
export function createLogger(level: string, service: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError },
  });
}

interface Described {
  name?: string;
  message: string;
  code?: string;
  cause?: string;
  stack?: string;
}

/** What a log may tell of anything that was thrown. */
export function describeError(error: unknown): Described {
  if (!(error instanceof Error)) return { message: masked(String(error)) };
  // Its message repeats the values the query was given.
  if (error instanceof DrizzleQueryError) return describeError(error.cause);
  const code = 'code' in error ? String(error.code) : undefined;
  const cause = error.cause instanceof Error ? describeError(error.cause).message : undefined;
  const stack = error.stack ? masked(error.stack) : undefined;
  return { name: error.name, message: masked(error.message), code, cause, stack };
}
