import { once } from 'node:events';
import {
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as plain,
} from 'node:http';
import { request as encrypted } from 'node:https';
import type { Socket } from 'node:net';
import { withDeadline } from '../../deadline.ts';

/** One request to a provider. The body is sent with its length, in one piece save for its last byte. */
export interface Question {
  method: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body: Buffer;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Clipped: an answer only says what became of the request. */
  text: string;
}

/**
 * What became of the request. `written`: its last byte may have left, so that the server may have acted
 * on it; as long as the last byte has not, no server has a complete request.
 */
export type Exchange =
  | { answer: Answer; written: boolean }
  | { failure: string; timedOut: boolean; written: boolean };

export interface ExchangeOptions {
  agent: Agent;
  /** For the whole exchange, connecting and reading the answer included. Milliseconds. */
  timeoutMs: number;
  /** Called once the connection stands; not a byte of the request leaves before its promise resolves. */
  beforeBody: () => Promise<void>;
  signal?: AbortSignal;
}

const MAX_ANSWER_CHARACTERS = 20_000;

/**
 * Asks once over HTTP and knows afterwards whether the server can have got the whole request. Redirects
 * are not followed.
 * @throws only what `beforeBody` rejected with
 */
export function exchange(question: Question, options: ExchangeOptions): Promise<Exchange> {
  return withDeadline(options.timeoutMs, options.signal, (leave) => ask(question, options, leave));
}

async function ask(
  question: Question,
  { agent, beforeBody }: ExchangeOptions,
  leave: AbortSignal,
): Promise<Exchange> {
  const { method, url, headers, body } = question;
  const tls = url.protocol === 'https:';
  let written = false;
  let refusal: { error: unknown } | undefined;

  const request = (tls ? encrypted : plain)(url, {
    agent,
    method,
    headers: { ...headers, 'content-length': String(body.length) },
    signal: leave,
  });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;

  // Whoever waits for the answer hears of it; an error after the answer has nobody to tell.
  request.on('error', () => {});

  async function write(): Promise<void> {
    await connected(request, tls);
    await beforeBody().catch((error: unknown) => {
      refusal = { error };
      throw error;
    });
    if (request.destroyed) return;
    if (body.length > 1)
      await new Promise<void>((resolve) => request.write(body.subarray(0, -1), () => resolve()));
    if (request.destroyed) return;
    written = true;
    request.end(body.subarray(-1));
  }

  try {
    write().catch((error: Error) => request.destroy(error));
    const [response] = await answered;
    const text = await read(response);
    // A server that answered early never gets the rest.
    if (!request.writableEnded) request.destroy();
    return {
      answer: { status: response.statusCode ?? 0, headers: response.headers, text },
      written,
    };
  } catch (error) {
    if (refusal) throw refusal.error;
    const timedOut = leave.reason?.name === 'TimeoutError';
    return { failure: codeOf(error, timedOut), timedOut, written };
  }
}

/** Waits until the request has a connection, encrypted where it has to be. */
async function connected(request: ReturnType<typeof plain>, tls: boolean): Promise<void> {
  const [socket] = (await once(request, 'socket')) as [Socket];
  if (!request.reusedSocket) await once(socket, tls ? 'secureConnect' : 'connect');
}

async function read(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const piece of response) if (text.length < MAX_ANSWER_CHARACTERS) text += piece;
  return text.slice(0, MAX_ANSWER_CHARACTERS);
}

function codeOf(error: unknown, timedOut: boolean): string {
  if (timedOut) return 'ETIMEDOUT';
  if (error instanceof Error && error.name === 'AbortError') return 'EABORT';
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'EFAILED';
}
