import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Logger } from 'pino';
import { errorCode, isDatabaseOutage } from './database-errors.ts';
import type { Metrics } from './metrics.ts';
import { Problem, sendProblem } from './problem.ts';

const BODY_FAULTS: Record<string, string> = {
  'entity.parse.failed': 'The body is not valid JSON.',
  'entity.too.large': 'The body is larger than 1 MB.',
  'encoding.unsupported': 'The content encoding is not supported.',
  'charset.unsupported': 'The character set is not supported; send UTF-8.',
};

/**
 * Answers whatever was thrown. What only operators may know goes to the log, without people's data.
 * @param send writes the answer; a problem document unless a page does
 */
export function errorHandler(
  metrics: Metrics,
  log: Logger,
  send: (response: Response, problem: Problem, request: Request) => void = sendProblem,
): ErrorRequestHandler {
  return (error, request, response, next) => {
    if (response.headersSent) return next(error);
    send(response, asProblem(error), request);
    if (response.statusCode < 500) return;
    if (isDatabaseOutage(error)) metrics.databaseErrors.inc();
    log.error(
      {
        code: errorCode(error),
        stack: errorCode(error) === undefined ? originOf(error) : undefined,
        route: request.route?.path,
      },
      'request failed',
    );
  };
}

/** The stack of the first cause: what wraps a failed query repeats the values it was given. */
function originOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return typeof error;
  return error.cause instanceof Error ? originOf(error.cause) : error.stack;
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isDatabaseOutage(error))
    return new Problem(503, 'The database of the CMS cannot be reached; try again shortly.');
  const status = clientFault(error);
  if (status === null) return new Problem(500, 'The CMS failed to answer; its log says more.');
  const type =
    error instanceof Error && 'type' in error && typeof error.type === 'string' ? error.type : '';
  return new Problem(status, BODY_FAULTS[type] ?? 'The request cannot be read.');
}

/** Express and its body parser put the status of what the client did wrong on the error. */
function clientFault(error: unknown): number | null {
  if (!(error instanceof Error) || !('status' in error)) return null;
  const { status } = error;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : null;
}
