import type { NextFunction, Request, Response } from 'express';
import type { z } from 'zod';
import type { Problem } from '../contracts/problem.ts';
import { isDatabaseDown } from '../db/client.ts';
import type { Logger } from '../observability/logger.ts';

/** An answer other than success, as an RFC 9457 problem document. */
export class HttpProblem extends Error {
  override name = 'HttpProblem';
  readonly status: number;
  readonly title: string;
  readonly errors: Problem['errors'];
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    title: string,
    detail: string,
    more: { errors?: Problem['errors']; headers?: Record<string, string> } = {},
  ) {
    super(detail);
    this.status = status;
    this.title = title;
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }
}

/** 404. @param what is not there, as the end of a sentence, such as `batch 7` */
export const notFound = (what: string) => new HttpProblem(404, 'Not found', `There is no ${what}.`);
/** 409: the state of something forbids it. @param why as a whole sentence */
export const conflict = (why: string) => new HttpProblem(409, 'Conflict', why);

/** How soon a client may try again while the database is away, in seconds. */
const RETRY_AFTER_SECONDS = 5;

/** The database is away: nothing was accepted as far as the client may rely on it. */
export const databaseDown = () =>
  new HttpProblem(
    503,
    'Service unavailable',
    'The database does not answer. Send the same request again later, with the same event_id.',
    { headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) } },
  );

/** A validation error with the path of each field at fault, such as `events.3.user_email`. */
export function invalid(error: z.ZodError, where: string): HttpProblem {
  const errors = error.issues.flatMap(fieldErrors);
  return new HttpProblem(400, 'Invalid request', `The ${where} does not fit the contract.`, {
    errors,
  });
}

function fieldErrors(issue: z.core.$ZodIssue): { path: string; message: string }[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: [...path, key].join('.'),
      message: 'is not a known field',
    }));
  return [{ path: path.join('.'), message: issue.message }];
}

/** Sends a problem document. */
export function sendProblem(response: Response, problem: HttpProblem): void {
  const document: Problem = {
    type: 'about:blank',
    title: problem.title,
    status: problem.status,
    detail: problem.message,
    ...(problem.errors && { errors: problem.errors }),
  };
  response
    .status(problem.status)
    .set(problem.headers)
    .type('application/problem+json')
    .send(JSON.stringify(document));
}

/** Turns whatever was thrown into a problem document; nothing of the inside gets out. */
export function problemHandler(log: Logger) {
  return (error: unknown, request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    const problem = asProblem(error);
    if (problem.status >= 500)
      log.error({ err: error, method: request.method, status: problem.status }, 'request failed');
    sendProblem(response, problem);
  };
}

function asProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (isParserError(error)) return parserProblem(error);
  if (isDatabaseDown(error)) return databaseDown();
  return new HttpProblem(500, 'Internal error', 'Something failed on our side; it was logged.');
}

interface ParserError extends Error {
  status: number;
  type?: string;
}

function isParserError(error: unknown): error is ParserError {
  if (!(error instanceof Error) || !('status' in error)) return false;
  return typeof error.status === 'number' && error.status >= 400 && error.status < 500;
}

function parserProblem(error: ParserError): HttpProblem {
  if (error.type === 'entity.too.large')
    return new HttpProblem(
      413,
      'Body too large',
      'The body is larger than 5 MB; send less at once.',
    );
  if (error.type === 'entity.parse.failed')
    return new HttpProblem(400, 'Invalid JSON', 'The body is not valid JSON.');
  return new HttpProblem(error.status, 'Bad request', error.message);
}
