import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readText } from './read-text.ts';

const read = (name: string, content: string | Buffer) =>
  [...readText(name, Buffer.from(content as string))].join('');

test('text comes out as it went in, whatever its length and wherever a piece ends', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3000 }), (text) => {
      const clean = text.replaceAll('\0', '');
      const whole = `a${clean.repeat(4)}`;
      expect(read('a.txt', whole)).toBe(whole);
    }),
  );
});

test('an empty file, a picture and zero bytes are no text, and the reason names the claim', () => {
  expect(() => read('a.txt', '')).toThrow('The file is empty.');
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a]);
  expect(() => read('a.txt', png)).toThrow('a PNG image, although its name ends in .txt');
  expect(() => read('core', Buffer.from('a\0b'))).toThrow(
    'The file is binary: it holds zero bytes',
  );
});

test('what comes before a broken byte is given out before the error', () => {
  const bytes = Buffer.concat([
    Buffer.from('x'.repeat(5000)),
    Buffer.from([0xe4]),
    Buffer.from('y'),
  ]);
  const pieces = readText('a.csv', bytes);
  expect(pieces.next().value).toBe('x'.repeat(4096));
  expect(() => pieces.next()).toThrow('bytes 4096 to 5002');
});

test('half a character at the very end is broken too', () => {
  expect(() => read('a.txt', Buffer.from('ä').subarray(0, 1))).toThrow('not UTF-8');
});

test('JSON gives its values with the names that lead to them; anything else is refused', () => {
  expect(read('a.json', '{"log":[{"by":"Ada","on":true},{"by":"Lin"}]}')).toBe(
    'log by: Ada\nlog on: true\nlog by: Lin',
  );
  expect(() => read('a.json', '{"log":')).toThrow('not JSON');
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  expect(() => read('a.json', deep)).toThrow('nested too deeply');
  fc.assert(fc.property(fc.json(), (text) => void read('a.json', text)));
});

test('HTML gives what a person would read', () => {
  const page =
    '<style>p{}</style><h1>Fish &amp; chips</h1><script>alert(1)</script><p>Open&nbsp;daily</p>';
  const text = read('a.html', page);
  expect(text).toContain('Fish & chips');
  expect(text).toContain('Open daily');
  expect(text).not.toMatch(/alert|p\{\}|</);
});
