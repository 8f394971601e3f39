import type { z } from 'zod';
import { failureCode, StoreError, type StoreName } from './store-error.ts';

/** One way to ask a store over HTTP: bounded in time, and every way to fail told apart. */

export interface HttpService {
  store: StoreName;
  baseUrl: string;
  /** What every question carries: credentials, where the service wants any. */
  headers?: Record<string, string>;
  /** Names of the variables to look at when an address or a credential is wrong. */
  settings: { url: string; token: string };
  /** For the whole exchange, body included. */
  timeoutMs: number;
  /** Stands around each question, such as somebody who learns from the answers. */
  watch?: <Answer>(question: () => Promise<Answer>) => Promise<Answer>;
}

export interface Question {
  operation: string;
  path: string;
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Sent as JSON. */
  body?: unknown;
  /** Sent instead of `body`: JSON that must keep the very text it has. */
  bodyText?: string;
}

/** `absent` is 404 or 410; else the status is 2xx and `body` the JSON of `text`, undefined if it is none. */
export type Answer = { absent: true } | { absent: false; body: unknown; text: string };

/**
 * Asks once, without following redirects: they would drop the token or change the method.
 * @throws StoreError for everything but 2xx, 404 and 410
 */
export function ask(service: HttpService, question: Question): Promise<Answer> {
  const once = () => askUnwatched(service, question);
  return service.watch ? service.watch(once) : once();
}

async function askUnwatched(service: HttpService, question: Question): Promise<Answer> {
  const { status, text } = await exchange(service, question);
  if (status === 404 || status === 410) return { absent: true };
  if (status >= 200 && status < 300) return { absent: false, body: parsed(text), text };
  const { settings } = service;
  if (status === 401 || status === 403) {
    throw failure(service, question, status, true, `${settings.token} must be allowed to do this`);
  }
  if (status >= 300 && status < 400) {
    throw failure(service, question, status, true, `set ${settings.url} to where it redirects to`);
  }
  const advice = 'the log of that service tells why';
  throw failure(service, question, status, false, advice, blamed(status));
}

/**
 * Reads a body by its schema.
 * @throws StoreError when it does not fit: that is an outage, whatever the status was
 */
export function fitting<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
  service: HttpService,
  question: Question,
): z.output<Schema> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const where = read.error.issues.map((issue) => issue.path.join('.') || 'the whole body');
  const advice = `the answer does not fit the contract at ${[...new Set(where)].join(', ')}`;
  throw failure(
    service,
    question,
    'unexpected body',
    false,
    `${advice}; see ${service.settings.url}`,
  );
}

/** Nothing is at an address that has to exist. */
export function wrongAddress(
  service: HttpService,
  question: Question,
  blames: StoreError['blames'] = 'store',
): StoreError {
  const advice = `nothing is there; see that ${service.settings.url} is right`;
  return failure(service, question, 404, true, advice, blames);
}

async function exchange(service: HttpService, question: Question) {
  const { headers, timeoutMs, baseUrl, settings } = service;
  const { method = 'GET', path, body } = question;
  const sent = question.bodyText ?? (body === undefined ? undefined : JSON.stringify(body));
  try {
    const response = await fetch(baseUrl.replace(/\/+$/, '') + path, {
      method,
      headers: {
        accept: 'application/json',
        ...headers,
        ...(sent !== undefined && { 'content-type': 'application/json' }),
      },
      body: sent,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    const code = failureCode(error);
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    const advice = timedOut
      ? `no answer within ${timeoutMs} ms; see whether the service is overloaded`
      : `see that the service runs and that ${settings.url} is right`;
    const { store } = service;
    const { operation } = question;
    throw new StoreError({ store, operation, code, configuration: false, timedOut, advice });
  }
}

function failure(
  { store }: HttpService,
  { operation }: Question,
  code: number | string,
  configuration: boolean,
  advice: string,
  blames: StoreError['blames'] = 'store',
): StoreError {
  return new StoreError({ store, operation, code, configuration, advice, blames });
}

/** A service that could not be asked, is overrun or broke says nothing about the file. */
function blamed(status: number): StoreError['blames'] {
  return status < 500 && status !== 408 && status !== 425 && status !== 429 ? 'file' : 'store';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
