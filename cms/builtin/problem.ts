import { STATUS_CODES } from 'node:http';
import type { Response } from 'express';
import { z } from 'zod';

/** One field at fault: a path such as `data.user_email`, and what is wrong with it. */
export interface FieldError {
  path: string;
  message: string;
}

/** An answer other than success. Thrown by routes, written by the error handler. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  readonly errors: FieldError[] | undefined;

  constructor(status: number, detail: string, errors?: FieldError[]) {
    super(detail);
    this.status = status;
    this.errors = errors;
  }
}

/** Writes an RFC 9457 problem document. */
export function sendProblem(response: Response, problem: Problem): void {
  response
    .status(problem.status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title: STATUS_CODES[problem.status],
        status: problem.status,
        detail: problem.message,
        ...(problem.errors ? { errors: problem.errors } : {}),
      }),
    );
}

/**
 * The input as the schema reads it.
 * @throws Problem 400 naming each field at fault
 */
export function validated<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new Problem(
    400,
    input === undefined
      ? 'A JSON body is needed; send it with Content-Type: application/json.'
      : 'The request is not valid; errors names each field.',
    parsed.error.issues.flatMap(fieldErrors),
  );
}

/** The `{ "data": … }` of a request body, validated; paths of errors begin with `data`. */
export function validatedData<Output>(schema: z.ZodType<Output>, body: unknown): Output {
  return validated(z.strictObject({ data: schema }), body).data as Output;
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }];
  return issue.keys.map((key) => ({
    path: [...path, key].join('.'),
    message: 'is not a known field',
  }));
}
