import { afterAll, beforeAll, expect, it } from 'vitest';
import { emptyDatabase, type RunningCms, runCms } from '../support/builtin-cms.ts';

/** Health and metrics, under the names that dashboards and alerts ask for. */

const PREFERENCES = '/api/user-notification-preferences';
let database: Awaited<ReturnType<typeof emptyDatabase>>;
let cms: RunningCms;

beforeAll(async () => {
  database = await emptyDatabase();
  cms = await runCms(database.url);
});
afterAll(async () => {
  await cms.close();
  await database.drop();
});

async function metrics(): Promise<Map<string, number>> {
  const text = await (await fetch(`${cms.url}/metrics`)).text();
  return new Map(
    text
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

it('count what was asked, hit, missed, failed and told', async () => {
  const byUser = `${PREFERENCES}/by-user/1/1/ann@example.com`;
  for (let times = 0; times < 4; times += 1) await cms.call('GET', byUser);
  const data = { company: 1, bot: 1, user_email: 'ann@example.com' };
  await cms.call('POST', PREFERENCES, { data });
  await cms.call('POST', PREFERENCES, { data });
  const bulk = [1, 2].map((bot_id) => ({ company_id: 1, bot_id, user_email: 'ann@example.com' }));
  await cms.call('POST', `${PREFERENCES}/bulk-get`, { users: bulk });

  const seen = await metrics();
  const sum = (name: string) =>
    [...seen]
      .filter(([key]) => key.startsWith(name))
      .reduce((total, [, value]) => total + value, 0);
  expect(sum('api_preferences_requests_total{')).toBe(7);
  expect(sum('api_preferences_errors_total')).toBe(0);
  expect(sum('api_preferences_response_time_count')).toBe(7);
  // Four times Ann before she had a row, once as the second of two bots.
  expect(seen.get('api_preferences_fallback_applied_total')).toBe(5);
  expect(seen.get('cache_hit_rate')).toBe(3 / 6);
  expect(seen.get('cache_size')).toBe(2);
  expect(seen.get('cache_evictions_total')).toBe(0);
  expect(seen.get('db_connection_pool_size')).toBe(10);
  expect(seen.get('db_query_duration_count')).toBeGreaterThan(5);
  expect(seen.get('db_query_errors_total')).toBe(1);
  for (const name of [
    'webhook_notifications_sent_total',
    'webhook_notification_errors_total',
    'webhook_notification_latency_count',
    'db_connection_errors_total',
  ])
    expect(seen.get(name), name).toBe(0);

  const health = await (await fetch(`${cms.url}/api/health`)).json();
  expect(health).toMatchObject({
    status: 'healthy',
    services: { cache: { size: 2, stats: { hits: 3, misses: 3, sets: 3, deletes: 1 } } },
    api: { requests: 7, errors: 0, fallback_applied: 5 },
    system: { uptime: expect.any(Number) },
  });
});
