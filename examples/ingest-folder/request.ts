import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';

/** Asking a service for JSON over HTTP, patiently: what may pass by itself is waited for. */

export interface Service {
  /** As error messages call it. */
  name: string;
  baseUrl: string;
  /** Bearer token, where the service wants one. */
  token?: string;
}

export interface Question<Answer> {
  method?: 'GET' | 'POST' | 'PUT';
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** What the answer must look like. */
  answer: z.ZodType<Answer>;
}

/** A service gave no usable answer. */
export class ServiceError extends Error {
  override name = 'ServiceError';
  readonly service: string;
  /** HTTP status; undefined when there was no answer at all. */
  readonly status: number | undefined;

  constructor(service: string, status: number | undefined, message: string) {
    super(message);
    this.service = service;
    this.status = status;
  }
}

const ATTEMPTS = 8;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
const TIMEOUT_MS = 30_000;

/**
 * Asks, and asks again with growing pauses while there is no answer, or one that says "later" (429,
 * 5xx); a `Retry-After` in seconds is obeyed. The same question may arrive twice, so it must be
 * harmless to repeat.
 * @throws ServiceError for any other status, for an answer of the wrong shape, or in the end
 */
export async function request<Answer>(
  service: Service,
  question: Question<Answer>,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await send(service, question).catch((error: Error) => error);
    const refused = response instanceof Error || response.status === 429 || response.status >= 500;
    if (!refused) return understood(service, question, response);
    if (attempt === ATTEMPTS) throw await failure(service, question, response);
    const asked = response instanceof Error ? NaN : Number(response.headers.get('retry-after'));
    const usual = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
    if (!(response instanceof Error)) await response.body?.cancel();
    await pause(asked > 0 ? asked * 1000 : usual * (0.5 + Math.random() / 2));
  }
}

function send({ baseUrl, token }: Service, { method = 'GET', path, body }: Question<unknown>) {
  return fetch(baseUrl.replace(/\/+$/, '') + path, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

async function understood<Answer>(
  service: Service,
  question: Question<Answer>,
  response: Response,
): Promise<Answer> {
  if (!response.ok) throw await failure(service, question, response);
  const body: unknown = await response.json().catch(() => undefined);
  const parsed = question.answer.safeParse(body);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map((issue) => issue.path.join('.') || 'the whole body');
  const message = `${service.name} answered ${question.path} in another shape than expected: ${where.join(', ')}`;
  throw new ServiceError(service.name, response.status, message);
}

async function failure(
  { name }: Service,
  { method = 'GET', path }: Question<unknown>,
  response: Response | Error,
): Promise<ServiceError> {
  const what = `${name} (${method} ${path})`;
  if (response instanceof Error) {
    const cause = response.cause instanceof Error ? `: ${response.cause.message}` : '';
    return new ServiceError(
      name,
      undefined,
      `${what} does not answer: ${response.message}${cause}`,
    );
  }
  const detail = (await response.text().catch(() => '')).slice(0, 500);
  return new ServiceError(
    name,
    response.status,
    `${what} answered ${response.status}${detail && `: ${detail}`}`,
  );
}
