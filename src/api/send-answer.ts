import type { Response } from 'express';
import type { Answer } from './route.ts';

const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/**
 * Writes an answer. JSON goes out in one piece with its head: the framework's own way computes a
 * fingerprint for caches that have no use for these answers.
 */
export function sendAnswer(response: Response, answer: Answer): void {
  response.statusCode = answer.status;
  if (answer.raw) {
    response.setHeader('Content-Type', answer.raw.type);
    response.setHeader('Content-Security-Policy', PAGE_POLICY);
  } else response.setHeader('Content-Type', 'application/json; charset=utf-8');
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  const text = answer.raw ? answer.raw.content : JSON.stringify(answer.body);
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}
