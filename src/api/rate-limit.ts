import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { Config } from '../config.ts';
import { HttpProblem } from './problem.ts';

/**
 * Lets each client (`response.locals.client`, its key's digest) make `RATE_LIMIT_MAX` requests in
 * `RATE_LIMIT_INTERVAL` milliseconds; the rest is answered 429 with `Retry-After`. Counted in this
 * process, so that it needs no Redis to protect the database.
 */
export function rateLimiter({
  RATE_LIMIT_MAX: max,
  RATE_LIMIT_INTERVAL: interval,
}: Pick<Config, 'RATE_LIMIT_MAX' | 'RATE_LIMIT_INTERVAL'>): RequestHandler {
  if (max === 0) return (_request, _response, next) => next();
  return rateLimit({
    windowMs: interval,
    limit: max,
    keyGenerator: (_request, response) => response.locals.client,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: false,
    handler: () => {
      throw new HttpProblem(429, 'Too many requests', `More than ${max} requests.`);
    },
  });
}
