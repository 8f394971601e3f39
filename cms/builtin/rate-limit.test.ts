import type { AddressInfo } from 'node:net';
import express from 'express';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { recognizeCaller, requireToken } from './auth.ts';
import { errorHandler } from './error-handler.ts';
import { createMetrics } from './metrics.ts';
import { preferenceCache } from './preference-cache.ts';
import { rateLimit } from './rate-limit.ts';

let stop = () => {};
afterEach(() => stop());

async function serve(max: number, now: () => number) {
  const app = express();
  app.use(recognizeCaller(['one', 'two']), rateLimit(max, now), requireToken);
  app.get('/', (_request, response) => void response.json({}));
  app.use(errorHandler(createMetrics(preferenceCache().stats), pino({ level: 'silent' })));
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  stop = () => void server.close();
  const { port } = server.address() as AddressInfo;
  return (key?: string) =>
    fetch(`http://127.0.0.1:${port}/`, {
      headers: key ? { authorization: `Bearer ${key}` } : {},
    });
}

it('limits each key by itself and lets it in again a minute later', async () => {
  let clock = 0;
  const call = await serve(2, () => clock);
  expect([(await call('one')).status, (await call('one')).status]).toEqual([200, 200]);
  const refused = await call('one');
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('60');
  expect((await call('two')).status).toBe(200);
  clock = 60_000;
  expect((await call('one')).status).toBe(200);
});

it('refuses unknown keys, and their number costs the known ones nothing', async () => {
  const call = await serve(1, () => 0);
  expect((await call()).status).toBe(401);
  expect((await call('guess')).status).toBe(401);
  expect((await call('guess again')).status).toBe(429);
  expect((await call('one')).status).toBe(200);
});

it('is off at 0', async () => {
  const call = await serve(0, () => 0);
  for (let times = 0; times < 5; times += 1) expect((await call('one')).status).toBe(200);
});
