import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rateLimiter } from './rate-limit.ts';

const INTERVAL = 1000;
const response = () => {
  const headers = new Map<string, unknown>();
  return {
    headers,
    setHeader: (name: string, value: unknown) => headers.set(name, value) as never,
  };
};

it('no client gets more than its share of any window, nor less', () => {
  const calls = fc.array(fc.record({ wait: fc.nat(400), client: fc.constantFrom('a', 'b') }));
  fc.assert(
    fc.property(calls, fc.integer({ min: 1, max: 5 }), (made, max) => {
      let at = 0;
      const limit = rateLimiter({ RATE_LIMIT_MAX: max, RATE_LIMIT_INTERVAL: INTERVAL }, () => at);
      const windows = new Map<string, { from: number; used: number }>();
      for (const { wait, client } of made) {
        at += wait;
        const known = windows.get(client);
        const window = known && at < known.from + INTERVAL ? known : { from: at, used: 0 };
        window.used += 1;
        windows.set(client, window);
        const call = () => limit(client, response());
        if (window.used > max) expect(call).toThrow('More than');
        else expect(call).not.toThrow();
      }
    }),
  );
});

it('says what is left and until when', () => {
  let at = 0;
  const limit = rateLimiter({ RATE_LIMIT_MAX: 2, RATE_LIMIT_INTERVAL: 60_000 }, () => at);
  const answer = response();
  limit('a', answer);
  at = 18_000;
  limit('a', answer);
  expect(Object.fromEntries(answer.headers)).toEqual({
    RateLimit: '"default"; r=0; t=42',
    'RateLimit-Policy': '"default"; q=2; w=60',
  });
});
