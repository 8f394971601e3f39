import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  CORRECTION_MODES,
  modeChooser,
  statusUnder,
  stricter,
  strictestMode,
} from './correction-mode.ts';

const mode = fc.constantFrom(...CORRECTION_MODES);
const rank = (one: (typeof CORRECTION_MODES)[number]) => CORRECTION_MODES.indexOf(one);

it.each([
  [42, 's3_error', 'dry-run'],
  [42, 'storage_error', 'approve'],
  [7, 's3_error', 'dry-run'],
  [7, 'storage_error', 'auto'],
  [420, 'storage_error', 'auto'],
  [null, 'storage_error', 'auto'],
])('answers company %j and category %s with %s', (company_id, failure_category, expected) => {
  const choose = modeChooser('auto', 'company:42=approve;category:s3_error=dry-run');
  expect(choose({ company_id, failure_category })).toBe(expected);
});

it('takes a category for what it is, whatever it looks like', () => {
  const choose = modeChooser('auto', 'category:constructor=approve;category:company:1=dry-run');
  expect(choose({ company_id: 1, failure_category: 'constructor' })).toBe('approve');
  expect(choose({ company_id: 1, failure_category: 'toString' })).toBe('auto');
});

it('is the strictest of all that apply, in any order, and never looser than the general one', () => {
  const rules = fc.array(
    fc.record({ company: fc.integer({ min: 1, max: 3 }), category: fc.nat(2), mode }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(mode, rules, fc.boolean(), (general, list, byCompany) => {
      const key = (rule: (typeof list)[number]) =>
        byCompany ? `company:${rule.company}` : `category:c${rule.category}`;
      const text = list.map((rule) => `${key(rule)}=${rule.mode}`).join(';');
      const chosen = modeChooser(general, text)({ company_id: 1, failure_category: 'c1' });
      const applying = list
        .filter((rule) => (byCompany ? rule.company === 1 : rule.category === 1))
        .map((rule) => rule.mode);
      expect(rank(chosen)).toBe(Math.max(rank(general), ...applying.map(rank)));
      expect(stricter(general, chosen)).toBe(chosen);
    }),
  );
});

it('of several companies the strictest decides, the one that is not known among them', () => {
  const choose = modeChooser('auto', 'company:42=approve;category:s3_error=dry-run');
  expect(strictestMode(choose, 'storage_error', [7, null])).toBe('auto');
  expect(strictestMode(choose, 'storage_error', [7, 42, null])).toBe('approve');
  expect(strictestMode(choose, 's3_error', [42])).toBe('dry-run');
});

it('only what is to be approved waits for it', () => {
  expect(CORRECTION_MODES.map(statusUnder)).toEqual(['pending', 'awaiting_approval', 'pending']);
});
