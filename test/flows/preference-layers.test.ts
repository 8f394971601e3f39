import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BUILT_IN_SETTINGS, type PreferenceOwner } from '../../src/contracts/preferences.ts';
import { ownerKey } from '../../src/domain/owner.ts';
import { producerConnection } from '../../src/queues/connection.ts';
import { cmsClient } from '../../src/stores/cms-client.ts';
import { type Preferences, preferencesResolver } from '../../src/stores/preferences.ts';
import { sharedPreferences } from '../../src/stores/shared-preferences.ts';
import { answerJson, type HttpDouble, httpDouble } from '../support/http-double.ts';
import { stackEnv } from '../support/stack-env.ts';
import { until } from '../support/until.ts';

/** What several processes know together, in a real Redis; the CMS is a double, to hold its answers back. */

const MINUTE = 60_000;
const asked = { ...BUILT_IN_SETTINGS, batch_size_threshold: 9 };
const changed = { ...BUILT_IN_SETTINGS, batch_size_threshold: 3 };
const defaults = { ...BUILT_IN_SETTINGS, batch_size_threshold: 7 };

let cms: HttpDouble;
let redis: Redis;
let clock: number;
let prefix: string;
let ann: PreferenceOwner;
const connections: { disconnect(): void }[] = [];

beforeAll(async () => {
  cms = await httpDouble(() => {});
  redis = new Redis(stackEnv().REDIS_URL!);
});
afterAll(async () => {
  redis.disconnect();
  await cms.close();
});
beforeEach(() => {
  cms.asked.length = 0;
  says(asked);
  clock = Date.now();
  prefix = `layers-${randomUUID()}`;
  ann = someone();
});
afterEach(() => {
  for (const connection of connections.splice(0)) connection.disconnect();
});

const someone = () => ({ company_id: 1, bot_id: 2, user_email: `${randomUUID()}@example.com` });
function says(data: object): void {
  cms.answer = (_, response) => answerJson(response, 200, { data, fallback_applied: false });
}
function silent(): void {
  cms.answer = (_, response) => answerJson(response, 500, {});
}

/** A process with a memory of its own. */
async function startProcess(url = stackEnv().REDIS_URL!): Promise<Preferences> {
  const connection = producerConnection(url, () => {});
  connections.push(connection);
  await until('Redis answers', () => connection.ping().catch(() => false));
  return overRedis(connection);
}

function overRedis(connection: Parameters<typeof sharedPreferences>[0]): Preferences {
  const config = { CMS_API_URL: cms.url, CMS_API_TOKEN: 'secret', CMS_TIMEOUT_MS: 5000 };
  return preferencesResolver({
    client: cmsClient(config),
    defaults,
    shared: sharedPreferences(connection, prefix, () => clock),
    now: () => clock,
  });
}

const keys = () => redis.keys(`${prefix}:*`);
/** The one key there is, once an answer is kept under it. */
const keptKey = () =>
  until('an answer is kept', async () => {
    const [key] = await keys();
    return key && (await redis.hexists(key, 'answer')) === 1 && key;
  });

describe('an answer kept in Redis', () => {
  it('serves other processes, with its true age, and is theirs to keep', async () => {
    const [one, other] = [await startProcess(), await startProcess()];
    await one.resolve(ann);
    await keptKey();
    clock += MINUTE;
    const expected = { settings: asked, source: 'cache', age_seconds: 60, fallback: false };
    expect(await other.resolve(ann)).toEqual(expected);
    clock += MINUTE;
    expect(await other.resolve(ann)).toMatchObject({ source: 'cache', age_seconds: 120 });
    expect(cms.asked).toHaveLength(1);
  });

  it('serves a process that starts while the CMS is down, up to a day', async () => {
    await (await startProcess()).resolve(ann);
    await keptKey();
    silent();
    clock += 60 * MINUTE;
    const later = await startProcess();
    expect(await later.resolve(ann)).toMatchObject({ source: 'stale_cache', age_seconds: 3600 });
    clock += 24 * 60 * MINUTE;
    expect(await later.resolve(ann)).toMatchObject({ source: 'defaults', settings: defaults });
  });

  it('tells nobody whose it is', async () => {
    await (await startProcess()).resolve(ann);
    const key = await keptKey();
    const kept = JSON.stringify([key, await redis.hgetall(key)]);
    expect(kept).not.toContain('@');
    expect(kept).not.toContain(ann.user_email.split('@')[0]);
    expect(await redis.pttl(key)).toBeGreaterThan(0);
  });

  it.each<[string, (key: string) => Promise<unknown>]>([
    ['text that is no JSON', (key) => redis.hset(key, 'answer', '{"settings":')],
    [
      'settings beyond the limits',
      (key) =>
        redis.hset(
          key,
          'answer',
          JSON.stringify({ settings: { ...asked, batch_size_threshold: 5000 }, fallback: false }),
        ),
    ],
    ['an answer from the future', (key) => redis.hset(key, 'asked_at', Date.now() * 2)],
    ['no time at all', (key) => redis.hset(key, 'asked_at', 'yesterday')],
    ['something of another kind', (key) => redis.set(key, 'mine')],
  ])('that is %s is refused and mended', async (_, poison) => {
    await (await startProcess()).resolve(ann);
    const key = await keptKey();
    await poison(key);
    clock += 1000;
    says(changed);
    const other = await startProcess();
    expect(await other.resolve(ann)).toMatchObject({ source: 'cms', settings: changed });
    const third = await startProcess();
    await until('it is mended', async () => {
      const { source, settings } = await third.resolve(ann);
      third.forget(ann);
      return source === 'cache' && settings.batch_size_threshold === 3;
    });
  });
});

describe('a change', () => {
  it('makes what Redis holds outdated, for a process that was never told', async () => {
    const [one, other] = [await startProcess(), await startProcess()];
    await one.resolve(ann);
    await keptKey();
    await one.invalidate(ann);
    says(changed);
    clock += 1;
    expect(await other.resolve(ann)).toMatchObject({ source: 'cms', settings: changed });
  });

  it('while an answer is on its way keeps it from being fresh in either layer', async () => {
    const [one, other] = [await startProcess(), await startProcess()];
    const held: ServerResponse[] = [];
    cms.answer = (_, response) => held.push(response);
    const early = one.resolve(ann);
    await until('the question has arrived', () => held.length === 1);
    await other.invalidate(ann);
    one.forget(ann);
    answerJson(held[0]!, 200, { data: asked });
    expect(await early).toMatchObject({ source: 'cms', settings: asked });
    await keptKey();

    says(changed);
    clock += 1;
    for (const process of [one, other, await startProcess()]) {
      expect((await process.resolve(ann)).settings).toEqual(changed);
      clock += 1;
    }
  });

  it('that Redis never heard of still counts where it was heard of', async () => {
    const one = await startProcess();
    await one.resolve(ann);
    await keptKey();
    clock += 1000;
    one.forget(ann);
    says(changed);
    expect(await one.resolve(ann)).toMatchObject({ source: 'cms', settings: changed });
  });
});

describe('a chunk of many people', () => {
  it('costs no question where another process has asked', async () => {
    const people = Array.from({ length: 150 }, someone);
    cms.answer = (question, response) => {
      const { users } = question.body as { users: PreferenceOwner[] };
      const data = Object.fromEntries(users.map((user) => [ownerKey(user), asked]));
      answerJson(response, 200, { data, missing_preferences: [], processed_count: users.length });
    };
    await (await startProcess()).resolveMany(people);
    expect(cms.asked).toHaveLength(2);
    await until('all are kept', async () => (await keys()).length === people.length);
    const found = await (await startProcess()).resolveMany(people);
    expect([...found.values()].every(({ source }) => source === 'cache')).toBe(true);
    expect(cms.asked).toHaveLength(2);
  });
});

describe('a Redis', () => {
  it('that is away is done without, at once', async () => {
    const connection = producerConnection('redis://127.0.0.1:1', () => {});
    connections.push(connection);
    const alone = overRedis(connection);
    expect(await alone.resolve(ann)).toMatchObject({ source: 'cms' });
    await alone.invalidate(ann);
    expect(await alone.resolve(ann)).toMatchObject({ source: 'cms' });
    expect(cms.asked).toHaveLength(2);
  });

  it('that hangs is waited for once, and briefly', async () => {
    let asks = 0;
    const hanging = overRedis({
      eval: () => {
        asks += 1;
        return new Promise(() => {});
      },
    });
    for (let i = 0; i < 20; i++)
      expect(await hanging.resolve(someone())).toMatchObject({ source: 'cms' });
    expect(asks).toBe(1);
    clock += 5000;
    await hanging.resolve(someone());
    expect(asks).toBe(2);
  });
});
