import type { RequestHandler } from 'express';
import { keyKind } from './auth.ts';
import { Problem } from './problem.ts';

const WINDOW_MS = 60_000;

/**
 * Lets each key make so many requests in a minute. Callers without a valid key share one allowance,
 * so that guessing keys is slow and costs nobody else theirs.
 * @param max requests per minute and key; 0 turns the limit off
 * @param now milliseconds; a test's clock
 */
export function rateLimit(max: number, now: () => number = Date.now): RequestHandler {
  const windows = new Map<string, { until: number; used: number }>();
  return (_request, response, next) => {
    if (max === 0) return next();
    const key = keyKind(response);
    const at = now();
    let window = windows.get(key);
    if (!window || window.until <= at) {
      window = { until: at + WINDOW_MS, used: 0 };
      windows.set(key, window);
    }
    window.used += 1;
    if (window.used <= max) return next();
    response.set('Retry-After', String(Math.ceil((window.until - at) / 1000)));
    throw new Problem(429, `More than ${max} requests in a minute with this key; try again later.`);
  };
}
