import type { Response } from 'express';
import type { Config } from '../config.ts';
import { HttpProblem } from './problem.ts';

interface Window {
  until: number;
  used: number;
}

/**
 * Lets each client make `RATE_LIMIT_MAX` requests in `RATE_LIMIT_INTERVAL` milliseconds, counted in
 * this process, so that it needs no Redis to protect the database. Clients are known keys, so there
 * are few. Answers say what is left (draft-ietf-httpapi-ratelimit-headers).
 * @param now milliseconds; a test's clock
 * @returns a function that counts one request. It throws 429 where it is one too many
 */
export function rateLimiter(
  {
    RATE_LIMIT_MAX: max,
    RATE_LIMIT_INTERVAL: interval,
  }: Pick<Config, 'RATE_LIMIT_MAX' | 'RATE_LIMIT_INTERVAL'>,
  now: () => number = Date.now,
): (client: string, response: Pick<Response, 'setHeader'>) => void {
  const windows = new Map<string, Window>();
  const policy = `"default"; q=${max}; w=${Math.ceil(interval / 1000)}`;
  return (client, response) => {
    if (max === 0) return;
    const at = now();
    let window = windows.get(client);
    if (!window || window.until <= at) {
      window = { until: at + interval, used: 0 };
      windows.set(client, window);
    }
    window.used += 1;
    const left = Math.max(0, max - window.used);
    const seconds = Math.ceil((window.until - at) / 1000);
    response.setHeader('RateLimit', `"default"; r=${left}; t=${seconds}`);
    response.setHeader('RateLimit-Policy', policy);
    if (window.used > max)
      throw new HttpProblem(429, 'Too many requests', `More than ${max} requests.`, {
        headers: { 'Retry-After': String(seconds) },
      });
  };
}
