import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wrapText } from './wrap-text.ts';

test('no line is longer than the width unless one word is', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 300 })), (lines) => {
      for (const line of wrapText(lines.join('\n'), 40).split('\n')) {
        const words = line.replace(/^ *(\* )?/, '').trim();
        if (line.length > 40) expect(words).not.toContain(' ');
      }
    }),
  );
});

test('no word is lost', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 300 })), (lines) => {
      const words = (text: string) => text.split(/[ \n]+/).filter(Boolean);
      expect(words(wrapText(lines.join('\n')).trim())).toEqual(words(lines.join('\n').trim()));
    }),
  );
});

test('what follows a bullet lines up behind it', () => {
  expect(wrapText('* one two three\n  four five six', 10)).toBe(
    '* one two\n  three\n  four\n  five six\n',
  );
});

test('a long link is left whole', () => {
  const link = `https://bots.example.com/${'a'.repeat(200)}`;
  expect(wrapText(`* see ${link}`)).toContain(link);
});
