import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../src/api/app.ts';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';

/** Who may call what, how often, and how lists are read. */

const KEYS = {
  INGESTION_SERVICE_API_KEY: 'producer-old, producer-new',
  ADMIN_API_KEY: 'admin-old,admin-new',
};

let system: System;
beforeAll(async () => {
  system = await startSystem({ env: KEYS, workers: false });
});
afterAll(() => system.stop());

const path = (pattern: string) => pattern.replace(':name', 'corrections').replace(/:\w+/g, '1');
const routes = (...access: string[]) =>
  apiRoutes(system.deps)
    .filter((route) => access.includes(route.access))
    .map((route) => [route.method.toUpperCase(), path(route.path)] as const);

describe('a key', () => {
  it.each(['', 'wrong', 'producer-old,', 'Bearer'])('“%s” opens nothing', async (key) => {
    for (const [method, route] of routes('producer', 'admin')) {
      const { status, headers } = await system.call(method, route, undefined, key);
      expect([route, status]).toEqual([route, 401]);
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it.each(['producer-old', 'producer-new'])('“%s” opens what producers need', async (key) => {
    for (const [method, route] of routes('admin'))
      expect([route, (await system.call(method, route, undefined, key)).status]).toEqual([
        route,
        403,
      ]);
    for (const [method, route] of routes('producer'))
      expect([401, 403]).not.toContain((await system.call(method, route, undefined, key)).status);
  });

  it.each(['admin-old', 'admin-new'])('“%s” opens everything', async (key) => {
    for (const [method, route] of routes('producer', 'admin'))
      expect([401, 403]).not.toContain((await system.call(method, route, undefined, key)).status);
  });
});

it('more requests than allowed are refused per key, with the time to wait', async () => {
  const limited = await startSystem({ env: { ...KEYS, RATE_LIMIT_MAX: '3' }, workers: false });
  const statuses: number[] = [];
  for (let nth = 0; nth < 4; nth += 1)
    statuses.push((await limited.call('GET', '/api/audit')).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
  const refused = await limited.call('GET', '/api/audit');
  expect(refused.headers.get('content-type')).toContain('application/problem+json');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused.body).toMatchObject({ status: 429 });
  expect((await limited.call('GET', '/api/audit', undefined, 'admin-new')).status).toBe(200);
  expect((await limited.call('GET', '/health/live')).status).toBe(200);
  await limited.stop();
});

describe('a list', () => {
  const people = Array.from({ length: 23 }, (_, nth) => person(`p${nth}`));
  let running: System;
  beforeAll(async () => {
    running = await startSystem({ env: { SWEEP_INTERVAL_SECONDS: '60' } });
    const events = people.map((email, nth) =>
      event(email, documentId(), { bot_id: (nth % 2) + 1 }),
    );
    await running.push(...events);
    await running.applied();
  });
  afterAll(() => running.stop());
  const batches = (query: string) => running.call('GET', `/api/batches?${query}`);

  it('is read page by page without gap or repeat, also while it grows', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const after: string = cursor && `&cursor=${cursor}`;
      const { body } = await batches(`limit=5${after}`);
      seen.push(...body.data.map((row: { user_email: string }) => row.user_email));
      cursor = body.next_cursor;
      await running.push(event(person('late'), documentId()));
      await running.applied();
    }
    expect(seen).toHaveLength(people.length);
    expect([...seen].sort()).toEqual([...people].sort());
  });

  it('is narrowed by what a person would ask for', async () => {
    const all = async (query: string) => (await batches(`limit=200&${query}`)).body.data;
    expect(await all(`user_email=${people[3]!.toUpperCase()}`)).toMatchObject([{ bot_id: 2 }]);
    expect(await all('bot_id=2&status=processing')).toHaveLength(11);
    expect(await all('status=completed')).toEqual([]);
    expect(await all('company_id=2')).toEqual([]);
    expect(await all('since=2999-01-01T00:00:00Z')).toEqual([]);
    expect(await all('until=2001-01-01T00:00:00Z')).toEqual([]);
    expect((await all('since=2001-01-01T00:00:00Z')).length).toBeGreaterThanOrEqual(23);
  });

  it.each([
    ['cursor', 'cursor=%25'],
    ['cursor', 'cursor=bm90LWEtbnVtYmVy'],
    ['limit', 'limit=0'],
    ['limit', 'limit=201'],
    ['since', 'since=0000-01-01T00:00:00Z'],
    ['until', 'until=9999-12-31T23:59:59-23:00'],
    ['company_id', 'company_id=x'],
    ['colour', 'colour=blue'],
  ])('says that %s is wrong in ?%s', async (field, query) => {
    const { status, body } = await batches(query);
    expect([status, body.errors?.[0]?.path]).toEqual([400, field]);
  });
});
