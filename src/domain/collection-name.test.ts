import fc from 'fast-check';
import { expect, it } from 'vitest';
import { collectionName, collectionTest, unnamedCollection } from './collection-name.ts';

const owner = { companyId: 7, botId: null };

it('is filled in with what is known of the owner', () => {
  expect(collectionName('kb-{company_id}-x', owner)).toBe('kb-7-x');
  expect(collectionName('global', owner)).toBe('global');
  expect(unnamedCollection('kb-{company_id}', owner)).toBeNull();
  expect(unnamedCollection('kb-{company_id}-{bot_id}', owner)).toContain('no bot_id is known');
  expect(unnamedCollection('global', { companyId: null, botId: null })).toBeNull();
});

it('is recognized again, whoever owns it, and nothing else is', () => {
  const id = fc.integer({ min: 1, max: 2 ** 31 - 1 });
  const template = fc.constantFrom(
    'kb-{company_id}',
    '{company_id}.{bot_id}',
    'a{bot_id}b{company_id}c{bot_id}',
    'global',
  );
  fc.assert(
    fc.property(template, id, id, (naming, companyId, botId) => {
      const isOurs = collectionTest(naming);
      const name = collectionName(naming, { companyId, botId });
      expect(isOurs(name)).toBe(true);
      for (const other of [`${name}x`, `x${name}`, naming.replace('.', '-')])
        expect(isOurs(other), other).toBe(other === name);
    }),
  );
  expect(collectionTest('a{bot_id}b{bot_id}')('a1b2')).toBe(false);
  expect(collectionTest('kb-{company_id}')('kb-007')).toBe(false);
});
