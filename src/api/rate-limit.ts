import type { Request, RequestHandler, Response } from 'express';
import { type AugmentedRequest, rateLimit } from 'express-rate-limit';
import type { Config } from '../config.ts';
import { HttpProblem } from './problem.ts';
import { rateHeaders, secondsUntil } from './rate-headers.ts';

/**
 * Lets each client (`response.locals.client`, its key's digest) make `RATE_LIMIT_MAX` requests in
 * `RATE_LIMIT_INTERVAL` milliseconds; the rest is answered 429 with `Retry-After`. Counted in this
 * process, so that it needs no Redis to protect the database.
 */
export function rateLimiter(
  config: Pick<Config, 'RATE_LIMIT_MAX' | 'RATE_LIMIT_INTERVAL'>,
): RequestHandler {
  const { RATE_LIMIT_MAX: max, RATE_LIMIT_INTERVAL: interval } = config;
  if (max === 0) return (_request, _response, next) => next();
  const tell = rateHeaders(config);
  const counted = (request: Request) => (request as AugmentedRequest).rateLimit!;
  const limit = rateLimit({
    windowMs: interval,
    limit: max,
    keyGenerator: (_request, response) => response.locals.client,
    standardHeaders: false,
    legacyHeaders: false,
    validate: false,
    handler: (request, response) => {
      const info = counted(request);
      tell(response, info);
      response.setHeader('Retry-After', String(secondsUntil(info.resetTime)));
      throw new HttpProblem(429, 'Too many requests', `More than ${max} requests.`);
    },
  });
  return (request: Request, response: Response, next) =>
    limit(request, response, (error?: unknown) => {
      if (error === undefined) tell(response, counted(request));
      next(error);
    });
}
