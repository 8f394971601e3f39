import { expect, it } from 'vitest';
import { collectionName, unnamedCollection } from './collection-name.ts';

const owner = { companyId: 7, botId: null };

it('is filled in with what is known of the owner', () => {
  expect(collectionName('kb-{company_id}-x', owner)).toBe('kb-7-x');
  expect(collectionName('global', owner)).toBe('global');
  expect(unnamedCollection('kb-{company_id}', owner)).toBeNull();
  expect(unnamedCollection('kb-{company_id}-{bot_id}', owner)).toContain('no bot_id is known');
  expect(unnamedCollection('global', { companyId: null, botId: null })).toBeNull();
});
