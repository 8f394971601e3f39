import fc from 'fast-check';
import { expect, test } from 'vitest';
import { storageKey } from './object-store.ts';

test('a key names its owner and file, and its name is never too long for a file system', () => {
  expect(storageKey(1, 2, 'doc', 'a/möwe 🦉.txt')).toBe('companies/1/bots/2/doc/a_möwe 🦉.txt');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 400 }), (name) => {
      const key = storageKey(1, 1, 'doc', name);
      const last = key.split('/').slice(5).join('/');
      expect(key.split('/')).toHaveLength(6);
      expect(Buffer.byteLength(last)).toBeLessThanOrEqual(200);
      expect(key.isWellFormed()).toBe(true);
    }),
  );
});

test('the extension survives a long name', () => {
  expect(storageKey(1, 1, 'doc', `${'灯台'.repeat(90)}.md`)).toMatch(/\.md$/);
});
