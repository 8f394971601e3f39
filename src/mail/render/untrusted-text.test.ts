import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALL_NAUGHTY_STRINGS } from '../../../test/support/naughty-strings.ts';
import {
  isolated,
  MESSAGE_LIMIT,
  NAME_LIMIT,
  oneLine,
  shortMessage,
  shortName,
} from './untrusted-text.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 2000 }),
  fc.string({ unit: 'grapheme', maxLength: 2000 }),
  fc.constantFrom(...ALL_NAUGHTY_STRINGS),
);

/** Examples count as runs. */
const andEach = {
  examples: ALL_NAUGHTY_STRINGS.map((text) => [text] as [string]),
  numRuns: ALL_NAUGHTY_STRINGS.length + 100,
};

describe('oneLine', () => {
  test('leaves nothing that breaks a line, a header or the reading direction', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const line = oneLine(text);
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        expect(line.isWellFormed()).toBe(true);
        expect(oneLine(line)).toBe(line);
      }),
      andEach,
    );
  });

  test('keeps what scripts and emoji need', () => {
    for (const text of ['👩‍👩‍👧‍👦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'می‌خواهم', 'Straße İstanbul', '四半期報告書'])
      expect(oneLine(text)).toBe(text);
  });

  test('thins out stacked marks', () => {
    expect(oneLine(`e${'\u0301'.repeat(300)}`)).toHaveLength(6);
  });
});

describe('shortName and shortMessage', () => {
  test('stay within both limits and never split a character', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const [short, limit] of [
          [shortName(text), NAME_LIMIT],
          [shortMessage(text), MESSAGE_LIMIT],
        ] as const) {
          expect(short.length).toBeLessThanOrEqual(limit.characters);
          expect(Buffer.byteLength(short)).toBeLessThanOrEqual(limit.bytes);
          expect(short.isWellFormed()).toBe(true);
        }
      }),
      andEach,
    );
  });

  test('a short name stays as it is, a long one keeps its beginning and its extension', () => {
    expect(shortName('notes.txt')).toBe('notes.txt');
    expect(shortName(`Report ${'of things '.repeat(50)}final.pdf`)).toMatch(
      /^Report .*….*final\.pdf$/,
    );
    expect(shortMessage(`first ${'x'.repeat(900)}`)).toMatch(/^first x+…$/);
  });
});

test('only right-to-left text is isolated in plain text', () => {
  expect(isolated('report.pdf')).toBe('report.pdf');
  expect(isolated('תקציב.pdf')).toBe('\u2068תקציב.pdf\u2069');
});
