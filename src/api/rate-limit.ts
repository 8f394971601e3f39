import type { RequestHandler } from 'express';
import { MemoryStore, type Options } from 'express-rate-limit';
import type { Config } from '../config.ts';
import { HttpProblem } from './problem.ts';
import { rateHeaders, secondsUntil } from './rate-headers.ts';

/**
 * Lets each client (`response.locals.client`, its key's digest) make `RATE_LIMIT_MAX` requests in
 * `RATE_LIMIT_INTERVAL` milliseconds; the rest is answered 429 with `Retry-After`. Counted in this
 * process, so that it needs no Redis to protect the database. The library's store counts; its middleware
 * looks up the address of every request for a log that is off, which costs more than the counting.
 */
export function rateLimiter(
  config: Pick<Config, 'RATE_LIMIT_MAX' | 'RATE_LIMIT_INTERVAL'>,
): RequestHandler {
  const { RATE_LIMIT_MAX: max, RATE_LIMIT_INTERVAL: interval } = config;
  if (max === 0) return (_request, _response, next) => next();
  const tell = rateHeaders(config);
  const store = new MemoryStore();
  store.init({ windowMs: interval } as Options);
  return (_request, response, next) => {
    const { client } = response.locals;
    const counted = store.increment(client).then(({ totalHits, resetTime }) => {
      tell(response, { client, remaining: Math.max(0, max - totalHits), resetTime });
      if (totalHits <= max) return next();
      response.setHeader('Retry-After', String(secondsUntil(resetTime)));
      next(new HttpProblem(429, 'Too many requests', `More than ${max} requests.`));
    });
    counted.catch(next);
  };
}
