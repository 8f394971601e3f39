import type { Request, RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { HttpProblem } from './problem.ts';
import { rateLimiter } from './rate-limit.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

/** What a limiter says of one request: the headers it sets, and what it passes on. */
function ask(limiter: RequestHandler, client: string) {
  const headers = new Map<string, unknown>();
  const response = {
    locals: { client },
    setHeader: (name: string, value: unknown) => headers.set(name, value),
    append: (name: string, value: unknown) => headers.set(name, value),
  } as unknown as Response;
  return new Promise<{ headers: object; error: unknown }>((resolve) => {
    void limiter({} as Request, response, (error?: unknown) =>
      resolve({ headers: Object.fromEntries(headers), error }),
    );
  });
}

const minutes = (count: number) => count * 60_000;

it.each([
  500,
  1000,
  59_999,
  minutes(1),
  minutes(1.5),
  minutes(60),
  minutes(90),
  minutes(1440),
  minutes(2880),
])('tells of %d ms what the library would, to the letter', async (interval) => {
  const limits = { RATE_LIMIT_MAX: 3, RATE_LIMIT_INTERVAL: interval };
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1 }), fc.nat(interval), async (client, later) => {
      const ours = rateLimiter(limits);
      const theirs = rateLimit({
        windowMs: interval,
        limit: 3,
        standardHeaders: 'draft-8',
        legacyHeaders: false,
        validate: false,
        keyGenerator: (_request, response) => response.locals.client,
        handler: (_request, _response, next) => next('refused'),
      });
      for (const wait of [0, later / 2, 0, 0]) {
        vi.setSystemTime(Date.now() + wait);
        const [said, expected] = [await ask(ours, client), await ask(theirs, client)];
        expect(said.headers).toEqual(expected.headers);
        expect(said.error instanceof HttpProblem).toBe(expected.error === 'refused');
      }
    }),
    { numRuns: 20 },
  );
});

it('counts each client for itself, and everybody anew after the interval', async () => {
  const limiter = rateLimiter({ RATE_LIMIT_MAX: 1, RATE_LIMIT_INTERVAL: 1000 });
  const refused = async (client: string) => (await ask(limiter, client)).error !== undefined;
  expect([await refused('a'), await refused('a'), await refused('b')]).toEqual([
    false,
    true,
    false,
  ]);
  vi.setSystemTime(Date.now() + 1001);
  expect(await refused('a')).toBe(false);
});
