import fc from 'fast-check';
import { expect, it } from 'vitest';
import { redact } from './redact.ts';

const words = fc.lorem({ maxCount: 3 });

it('leaves no address, wherever it stands and whatever surrounds it', () => {
  const wrapped = fc
    .tuple(
      fc.emailAddress(),
      fc.constantFrom(['', ''], ['<', '>'], ['(', ')'], ['"', '"'], ['', ':']),
    )
    .map(([address, [open, close]]) => ({ address, text: `${open}${address}${close}` }));
  fc.assert(
    fc.property(words, wrapped, words, wrapped, (before, first, between, second) => {
      const masked = redact(`550 5.1.1 ${before} ${first.text} ${between} ${second.text}`);
      expect(masked).not.toContain('@');
      expect(masked).not.toContain(first.address);
      expect(masked).toContain('550 5.1.1');
    }),
  );
});

it.each([
  ['550 <"na dia"@example.org> unknown', '550 <address> unknown'],
  ['550 "na dia"@example.org unknown', '550 <address> unknown'],
  ['550-5.1.1 first\r\n550 5.1.1 nadia@münchen.example', '550-5.1.1 first 550 5.1.1 <address>'],
  ['250 2.0.0 Ok: queued as 4F1', '250 2.0.0 Ok: queued as 4F1'],
  ['250 queued\0 as\x1b 1', '250 queued as 1'],
  ['550 nadia@exam\0ple.org unknown', '550 <address> unknown'],
])('%j', (text, expected) => {
  expect(redact(text)).toBe(expected);
});

it('keeps 500 characters, and not half an address at the cut', () => {
  fc.assert(
    fc.property(fc.nat(5000), fc.constantFrom('x', 'x ', 'nadia@example.org '), (count, unit) => {
      const masked = redact(`550 ${unit.repeat(count)}`);
      expect(masked.length).toBeLessThanOrEqual(500);
      expect(masked).not.toMatch(/nad|@/);
    }),
  );
});

it('is quick on a hostile megabyte', () => {
  expect(redact('a'.repeat(1_000_000)).length).toBeLessThanOrEqual(500);
  expect(redact('<"@'.repeat(400_000)).length).toBeLessThanOrEqual(500);
});
