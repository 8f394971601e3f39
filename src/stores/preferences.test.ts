import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Asked,
  answerJson,
  type HttpDouble,
  httpDouble,
} from '../../test/support/http-double.ts';
import { BUILT_IN_SETTINGS, type PreferenceOwner } from '../contracts/preferences.ts';
import { cmsClient, ownerKey } from './cms-client.ts';
import { type Preferences, preferencesResolver } from './preferences.ts';

const MINUTE = 60_000;
const ofCms = { ...BUILT_IN_SETTINGS, batch_size_threshold: 9 };
const ours = { ...BUILT_IN_SETTINGS, batch_size_threshold: 7 };
const ann = owner('ann@example.com');

let cms: HttpDouble;
let clock: number;
let preferences: Preferences;

beforeAll(async () => {
  cms = await httpDouble(() => {});
});
afterAll(() => cms.close());

beforeEach(() => {
  cms.asked.length = 0;
  cms.answer = well;
  clock = 0;
  preferences = resolver();
});

function owner(user_email: string): PreferenceOwner {
  return { company_id: 1, bot_id: 2, user_email };
}

function resolver(maxEntries?: number): Preferences {
  const config = { CMS_API_URL: cms.url, CMS_API_TOKEN: 'secret' };
  const patient = cmsClient({ ...config, CMS_TIMEOUT_MS: 10_000 });
  const impatient = cmsClient({ ...config, CMS_TIMEOUT_MS: 250 });
  // Only where the CMS is silent on purpose is it given up soon.
  const client = () => (cms.answer === hang ? impatient : patient);
  return preferencesResolver({
    client: {
      preferencesByUser: (whose) => client().preferencesByUser(whose),
      preferencesBulk: (whose) => client().preferencesBulk(whose),
    },
    defaults: ours,
    now: () => clock,
    maxEntries,
  });
}

function bulkKeys({ body }: Asked): string[] {
  return (body as { users: PreferenceOwner[] }).users.map(ownerKey);
}

function well(asked: Asked, response: ServerResponse): void {
  if (asked.path.includes('/by-user/')) {
    answerJson(response, 200, { data: ofCms, fallback_applied: false });
    return;
  }
  const data = Object.fromEntries(bulkKeys(asked).map((key) => [key, ofCms]));
  answerJson(response, 200, { data, missing_preferences: [], processed_count: 0 });
}

const down = (_: Asked, response: ServerResponse) => answerJson(response, 500, {});
const hang = () => {};

const weathers: [string, HttpDouble['answer']][] = [
  ['a 500', down],
  ['a 404', (_, response) => answerJson(response, 404, {})],
  ['garbage', (_, response) => response.writeHead(200).end('<html>')],
  ['a broken connection', (_, response) => response.socket?.destroy()],
  ['silence', hang],
];

describe('the ladder', () => {
  it('asks the CMS, then its cache for five minutes, then the CMS again', async () => {
    expect(await preferences.resolve(ann)).toEqual({
      settings: ofCms,
      source: 'cms',
      age_seconds: 0,
      fallback: false,
    });
    clock += 5 * MINUTE - 1;
    expect(await preferences.resolve(ann)).toMatchObject({ source: 'cache', age_seconds: 299 });
    clock += 1;
    expect(await preferences.resolve(ann)).toMatchObject({ source: 'cms', age_seconds: 0 });
    expect(cms.asked).toHaveLength(2);
    expect(preferences.stats()).toMatchObject({ calls: 3, hits: 1, cms: 2, entries: 1 });
  });

  it.each(weathers)(
    'meets %s with stale cache up to a day, then with the defaults',
    async (_, weather) => {
      await preferences.resolve(ann);
      cms.answer = weather;
      clock += 10 * MINUTE;
      const stale = await preferences.resolve(ann);
      expect(stale).toMatchObject({ settings: ofCms, source: 'stale_cache', age_seconds: 600 });
      clock += 24 * 60 * MINUTE;
      const last = { settings: ours, source: 'defaults', age_seconds: 0, fallback: true };
      expect(await preferences.resolve(ann)).toEqual(last);
      cms.answer = well;
      clock += MINUTE;
      expect(await preferences.resolve(ann)).toMatchObject({ source: 'cms' });
    },
  );

  it('remembers that an answer was a fallback', async () => {
    cms.answer = (_, response) =>
      answerJson(response, 200, { data: ofCms, fallback_applied: true });
    expect(await preferences.resolve(ann)).toMatchObject({ source: 'cms', fallback: true });
    expect(await preferences.resolve(ann)).toMatchObject({ source: 'cache', fallback: true });
  });

  it('gives every caller settings of their own', async () => {
    (await preferences.resolve(ann)).settings.batch_size_threshold = 1;
    (await preferences.resolve(ann)).settings.batch_size_threshold = 2;
    expect((await preferences.resolve(ann)).settings).toEqual(ofCms);
    expect(ours.batch_size_threshold).toBe(7);
  });

  it('forgets the least recently used owner when full', async () => {
    preferences = resolver(2);
    for (const name of ['a', 'b', 'c']) await preferences.resolve(owner(`${name}@example.com`));
    expect(preferences.stats().entries).toBe(2);
    expect(await preferences.resolve(owner('a@example.com'))).toMatchObject({ source: 'cms' });
  });
});

describe('many callers', () => {
  it('share one question per owner, also with resolveMany', async () => {
    const all = [
      ...Array.from({ length: 50 }, () => preferences.resolve(ann)),
      preferences.resolveMany([ann, ann]).then((many) => many.get(ownerKey(ann))),
    ];
    for (const one of await Promise.all(all)) expect(one).toMatchObject({ source: 'cms' });
    expect(cms.asked).toHaveLength(1);
  });

  it('ask for many owners in pages of a hundred, and not for those that are fresh', async () => {
    const owners = Array.from({ length: 250 }, (_, i) => owner(`user${i}@example.com`));
    await preferences.resolve(owners[0]!);
    const many = await preferences.resolveMany([...owners, ...owners]);
    expect(many.size).toBe(250);
    expect(many.get(ownerKey(owners[0]!))).toMatchObject({ source: 'cache' });
    expect(many.get(ownerKey(owners[249]!))).toMatchObject({ source: 'cms', settings: ofCms });
    const pages = cms.asked.slice(1).map((asked) => bulkKeys(asked).length);
    expect(pages).toEqual([100, 100, 49]);
    expect(await preferences.resolveMany([])).toEqual(new Map());
  });

  it('ask by user for whom the bulk answer has nothing', async () => {
    const bob = owner('bob@example.com');
    cms.answer = (asked, response) => {
      if (!asked.path.endsWith('/bulk-get')) return well(asked, response);
      const data = { [ownerKey(ann)]: ours, [ownerKey(bob)]: null };
      answerJson(response, 200, { data, missing_preferences: [ownerKey(bob)] });
    };
    const many = await preferences.resolveMany([ann, bob]);
    expect(many.get(ownerKey(ann))).toMatchObject({ settings: ours, source: 'cms' });
    expect(many.get(ownerKey(bob))).toMatchObject({ settings: ofCms, source: 'cms' });
    expect(cms.asked).toHaveLength(2);
  });

  it('all get an answer from a dead CMS', async () => {
    cms.answer = hang;
    const owners = Array.from({ length: 500 }, (_, i) => owner(`user${i}@example.com`));
    const many = await preferences.resolveMany(owners);
    expect(many.size).toBe(500);
    expect([...many.values()].every(({ source }) => source === 'defaults')).toBe(true);
    expect(cms.asked).toHaveLength(1);
  });
});

describe('an outage', () => {
  it('costs one time-out per window: the others do not ask', async () => {
    cms.answer = hang;
    await preferences.resolve(ann);
    for (let i = 0; i < 20; i++) await preferences.resolve(owner(`user${i}@example.com`));
    expect(cms.asked).toHaveLength(1);
    expect(preferences.stats()).toMatchObject({ circuit: 'open', failures: 1, defaults: 21 });
    clock += 5_000;
    await Promise.all([preferences.resolve(ann), preferences.resolve(owner('bob@example.com'))]);
    expect(cms.asked).toHaveLength(2);
  });

  it('ends with the first answer', async () => {
    cms.answer = down;
    for (let i = 0; i < 5; i++) await preferences.resolve(ann);
    expect(cms.asked).toHaveLength(3);
    cms.answer = well;
    clock += 5_000;
    expect(await preferences.resolve(ann)).toMatchObject({ source: 'cms' });
    expect(preferences.stats().circuit).toBe('closed');
  });
});

describe('invalidation', () => {
  it('asks again, and keeps the old answer for an outage', async () => {
    await preferences.resolve(ann);
    await preferences.invalidate(ann);
    cms.answer = down;
    clock += 1_000;
    expect(await preferences.resolve(ann)).toMatchObject({ source: 'stale_cache', age_seconds: 1 });
    cms.answer = well;
    expect(await preferences.resolve(ann)).toMatchObject({ source: 'cms' });
    expect(await preferences.resolve(ann)).toMatchObject({ source: 'cache' });
  });

  it('does not keep as fresh what was on its way, nor let it replace what is newer', async () => {
    const held: ServerResponse[] = [];
    cms.answer = (_, response) => held.push(response);
    const early = preferences.resolve(ann);
    await expect.poll(() => held.length).toBe(1);
    await preferences.invalidate(ann);

    clock += 1;
    cms.answer = (_, response) => answerJson(response, 200, { data: ours });
    expect(await preferences.resolve(ann)).toMatchObject({ source: 'cms', settings: ours });

    answerJson(held[0]!, 200, { data: ofCms });
    expect(await early).toMatchObject({ settings: ofCms });
    expect(await preferences.resolve(ann)).toMatchObject({ source: 'cache', settings: ours });
  });

  it('lets an overtaken answer serve as stale only', async () => {
    const held: ServerResponse[] = [];
    cms.answer = (_, response) => held.push(response);
    const early = preferences.resolve(ann);
    await expect.poll(() => held.length).toBe(1);
    await preferences.invalidate(ann);
    answerJson(held[0]!, 200, { data: ofCms });
    await early;
    cms.answer = down;
    expect(await preferences.resolve(ann)).toMatchObject({
      source: 'stale_cache',
      settings: ofCms,
    });
  });
});
