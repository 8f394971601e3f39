import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Asked,
  answerJson,
  type HttpDouble,
  httpDouble,
} from '../../test/support/http-double.ts';
import { BUILT_IN_SETTINGS, type PreferenceOwner } from '../contracts/preferences.ts';
import { ownerKey } from '../domain/owner.ts';
import { cmsClient } from './cms-client.ts';
import { type Preferences, preferencesResolver } from './preferences.ts';

/** Answers are renewed before they are missed, and a slow CMS is not waited for. */

const MINUTE = 60_000;
const old = { ...BUILT_IN_SETTINGS, batch_size_threshold: 9 };
const renewed = { ...BUILT_IN_SETTINGS, batch_size_threshold: 3 };
const ann = owner('ann');

let cms: HttpDouble;
let clock: number;
let preferences: Preferences;

beforeAll(async () => {
  cms = await httpDouble(() => {});
});
afterAll(() => cms.close());
beforeEach(() => {
  cms.asked.length = 0;
  cms.answer = saying(old);
  clock = 0;
  preferences = resolver(5000);
});

function resolver(CMS_TIMEOUT_MS: number): Preferences {
  const config = { CMS_API_URL: cms.url, CMS_API_TOKEN: 'secret', CMS_TIMEOUT_MS };
  const defaults = BUILT_IN_SETTINGS;
  return preferencesResolver({ client: cmsClient(config), defaults, now: () => clock });
}

function owner(name: string): PreferenceOwner {
  return { company_id: 1, bot_id: 2, user_email: `${name}@example.com` };
}
const people = (count: number) => Array.from({ length: count }, (_, i) => owner(`user${i}`));

function askedFor({ path, body }: Asked): string[] {
  if (!path.endsWith('/bulk-get')) return [decodeURIComponent(path.split('/').at(-1)!)];
  return (body as { users: PreferenceOwner[] }).users.map(({ user_email }) => user_email);
}

function saying(data: object, fallback = false): HttpDouble['answer'] {
  return ({ path, body }, response) => {
    if (!path.endsWith('/bulk-get'))
      return answerJson(response, 200, { data, fallback_applied: fallback });
    const keys = (body as { users: PreferenceOwner[] }).users.map(ownerKey);
    const all = Object.fromEntries(keys.map((key) => [key, data]));
    answerJson(response, 200, {
      data: all,
      missing_preferences: fallback ? keys : [],
      processed_count: keys.length,
    });
  };
}

describe('an ageing answer', () => {
  it('is used, and one question renews it in the background', async () => {
    await preferences.resolve(ann);
    cms.answer = saying(renewed);
    clock += 4.5 * MINUTE;
    const all = await Promise.all(Array.from({ length: 20 }, () => preferences.resolve(ann)));
    for (const one of all)
      expect(one).toMatchObject({ source: 'cache', settings: old, age_seconds: 270 });
    await expect.poll(async () => (await preferences.resolve(ann)).settings).toEqual(renewed);
    expect(cms.asked).toHaveLength(2);
  });

  it('of somebody without a row is renewed and given up sooner', async () => {
    cms.answer = saying(old, true);
    await preferences.resolve(ann);
    clock += 3 * MINUTE - 1;
    expect(await preferences.resolve(ann)).toMatchObject({ source: 'cache', fallback: true });
    await expect.poll(() => cms.asked.length).toBe(2);
    await expect.poll(async () => (await preferences.resolve(ann)).age_seconds).toBe(0);
    clock += 3 * MINUTE;
    expect(await preferences.resolve(ann)).toMatchObject({ source: 'cms', fallback: true });
  });

  it('travels along with a question about somebody else, if it was needed lately', async () => {
    const idle = owner('idle');
    await preferences.resolve(idle);
    clock += 55 * MINUTE;
    await preferences.resolveMany(people(150));
    clock += 6 * MINUTE;
    cms.asked.length = 0;
    await preferences.resolve(ann);
    expect(cms.asked).toHaveLength(1);
    const names = askedFor(cms.asked[0]!);
    expect(names).toHaveLength(100);
    expect(names[0]).toBe(ann.user_email);
    expect(names).not.toContain(idle.user_email);

    const known = await preferences.resolveMany(people(99));
    expect([...known.values()].every(({ age_seconds }) => age_seconds === 0)).toBe(true);
    expect(cms.asked).toHaveLength(1);
  });

  it('never costs a question of its own when it travels along', async () => {
    await preferences.resolveMany(people(3));
    clock += 6 * MINUTE;
    cms.asked.length = 0;
    cms.answer = (asked, response) => {
      if (asked.path.endsWith('/bulk-get')) return answerJson(response, 500, {});
      return saying(old)(asked, response);
    };
    expect(await preferences.resolve(ann)).toMatchObject({ source: 'cms' });
    expect(cms.asked.map(askedFor).slice(1)).toEqual([[ann.user_email]]);
  });
});

it('a CMS too slow for many is asked for one', async () => {
  preferences = resolver(250);
  await preferences.resolveMany(people(3));
  clock += 6 * MINUTE;
  cms.asked.length = 0;
  cms.answer = (asked, response) => {
    if (!asked.path.endsWith('/bulk-get')) saying(old)(asked, response);
  };
  expect(await preferences.resolve(ann)).toMatchObject({ source: 'defaults' });
  clock += 5000;
  expect(await preferences.resolve(ann)).toMatchObject({ source: 'cms' });
  expect(cms.asked.map(askedFor).map(({ length }) => length)).toEqual([4, 1]);
});

describe('a slow CMS', () => {
  const bob = owner('bob');
  /** Each answers the question it belongs to. */
  const held: ((data: object) => void)[] = [];
  beforeEach(async () => {
    await preferences.resolveMany([ann, bob]);
    cms.asked.length = 0;
    held.length = 0;
    cms.answer = (asked, response) => held.push((data) => saying(data)(asked, response));
  });

  it('is not waited for where an older answer will do, and answers for later', async () => {
    clock += 10 * MINUTE;
    const waiting = preferences.resolve(ann);
    expect(await waiting).toMatchObject({ source: 'stale_cache', age_seconds: 600 });
    held[0]!(renewed);
    await expect
      .poll(async () => preferences.resolve(ann))
      .toMatchObject({ source: 'cache', settings: renewed });
    expect(cms.asked).toHaveLength(1);
  });

  it('is waited for where the older answer is known to be outdated', async () => {
    await preferences.invalidate(ann);
    clock += 10 * MINUTE;
    const waiting = preferences.resolve(ann);
    await expect.poll(() => held.length).toBe(1);
    // Whoever asked later and can do with an older answer has stopped waiting.
    expect(await preferences.resolve(bob)).toMatchObject({ source: 'stale_cache' });
    for (const answer of held) answer(renewed);
    expect(await waiting).toMatchObject({ source: 'cms', settings: renewed });
  });
});

describe('asking', () => {
  it('is content with an answer as recent as is wanted', async () => {
    await preferences.resolve(ann);
    clock += MINUTE;
    const said = await preferences.ask([ann], 2 * MINUTE);
    expect(said.get(ownerKey(ann))).toMatchObject({ source: 'cache', age_seconds: 60 });
    cms.answer = (_, response) => answerJson(response, 500, {});
    expect(await preferences.ask([ann], MINUTE)).toEqual(new Map());
  });

  it('takes no remembered answer, and leaves out whom the CMS says nothing about', async () => {
    const [bob, eve] = [owner('bob'), owner('eve')];
    await preferences.resolveMany([ann, bob, eve]);
    cms.answer = (asked, response) => {
      if (!asked.path.endsWith('/bulk-get')) return answerJson(response, 500, {});
      const data = { [ownerKey(ann)]: renewed, [ownerKey(bob)]: { ...old, email_format: 'fax' } };
      answerJson(response, 200, { data, missing_preferences: [] });
    };
    const said = await preferences.ask([ann, bob, eve]);
    expect([...said]).toMatchObject([[ownerKey(ann), { source: 'cms', settings: renewed }]]);
    expect(await preferences.resolve(ann)).toMatchObject({ source: 'cache', settings: renewed });
  });
});
