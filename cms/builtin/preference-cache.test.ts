import { expect, it } from 'vitest';
import { BUILT_IN_SETTINGS } from '../../src/contracts/preferences.ts';
import { preferenceCache } from './preference-cache.ts';
import { applied, presentDefaults } from './preference-record.ts';

const owner = (company_id: number) => ({ company_id, bot_id: 1, user_email: 'ann@example.com' });
const defaults = (company_id: number) =>
  applied(presentDefaults(owner(company_id), BUILT_IN_SETTINGS), true);

it('drops an answer that was read before a write and arrives after it', () => {
  const cache = preferenceCache();
  const epoch = cache.epoch();
  cache.forget(owner(1));
  cache.set(owner(1), defaults(1), epoch);
  expect(cache.get(owner(1))).toBeUndefined();
});

it("forgets a company's people and nobody else's", () => {
  const cache = preferenceCache();
  for (const company of [1, 11]) cache.set(owner(company), defaults(company), cache.epoch());
  cache.forgetCompany(1);
  expect(cache.get(owner(1))).toBeUndefined();
  expect(cache.get(owner(11))).toEqual(defaults(11));
  expect(cache.stats()).toMatchObject({ hits: 1, misses: 1, sets: 2, deletes: 1, hitRate: 0.5 });
});
