import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import { Problem } from './problem.ts';

const ANONYMOUS = 'anonymous';

/** Which key a request came with: `anonymous`, `invalid` or `token 1`, `token 2`… in the configured order. */
export function keyKind(response: Response): string {
  return response.locals.keyKind ?? ANONYMOUS;
}

/** Recognizes the caller for everything behind it, refusing nobody. Digests make the comparison's time equal. */
export function recognizeCaller(tokens: string[]): RequestHandler {
  const known = tokens.map(digest);
  return (request, response, next) => {
    const given = /^Bearer +(\S+) *$/i.exec(request.get('authorization') ?? '')?.[1];
    if (given !== undefined) {
      const position = known.findIndex((token) => timingSafeEqual(token, digest(given)));
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
