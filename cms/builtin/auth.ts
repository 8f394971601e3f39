import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import { Problem } from './problem.ts';

const ANONYMOUS = 'anonymous';

/**
 * Which key a request came with: `anonymous`, `invalid`, `token 1`, `token 2`… in the configured
 * order, or the page somebody is logged in to.
 */
export function keyKind(response: Response): string {
  return response.locals.keyKind ?? ANONYMOUS;
}

/** Says who the caller is, for the access log and the rate limit. */
export function setKeyKind(response: Response, kind: 'invalid' | 'admin page' | 'person page') {
  response.locals.keyKind = kind;
}

/** Position of a token among the configured ones, or -1. Digests make the comparison's time equal. */
export function tokenFinder(tokens: string[]): (given: string) => number {
  const known = tokens.map(digest);
  return (given) => known.findIndex((token) => timingSafeEqual(token, digest(given)));
}

/** Recognizes the caller for everything behind it, refusing nobody. */
export function recognizeCaller(tokens: string[]): RequestHandler {
  const positionOf = tokenFinder(tokens);
  return (request, response, next) => {
    const given = /^Bearer +(\S+) *$/i.exec(request.get('authorization') ?? '')?.[1];
    if (given !== undefined) {
      const position = positionOf(given);
      response.locals.keyKind = position < 0 ? 'invalid' : `token ${position + 1}`;
    }
    next();
  };
}

/** Refuses everybody without a known token. */
export const requireToken: RequestHandler = (_request, response, next) => {
  if (keyKind(response).startsWith('token')) return next();
  response.set('WWW-Authenticate', 'Bearer');
  throw new Problem(
    401,
    'A valid API token is needed: send Authorization: Bearer with one of CMS_API_TOKEN.',
  );
};

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
