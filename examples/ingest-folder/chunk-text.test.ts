import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Chunk, chunkText, inPages } from './chunk-text.ts';

const SIZE = 40;
const OVERLAP = 9;
const chunksOf = (...pieces: string[]) => [...chunkText(pieces, SIZE, OVERLAP)];
const texts = fc.array(fc.stringMatching(/^[a-zäß日本🦉.!\n ]{0,60}$/u), { maxLength: 12 });

const joined = (chunks: Chunk[]) =>
  chunks.reduce((whole, { text, start }) => whole.slice(0, start) + text, '');

test('the chunks, laid over each other, are the text, whatever it is made of', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 80 })), (pieces) => {
      expect(joined(chunksOf(...pieces))).toBe(pieces.join(''));
    }),
  );
});

test('no chunk is too long, each moves on, and each overlaps the one before a little', () => {
  fc.assert(
    fc.property(texts, (pieces) => {
      const chunks = chunksOf(...pieces);
      for (const [index, chunk] of chunks.entries()) {
        expect(chunk.text.length).toBeLessThanOrEqual(SIZE);
        const before = chunks[index - 1];
        if (!before) continue;
        const end = before.start + before.text.length;
        expect(chunk.start).toBeGreaterThan(before.start);
        expect(chunk.start).toBeLessThanOrEqual(end);
        expect(chunk.start).toBeGreaterThanOrEqual(end - OVERLAP - 1);
        expect(chunk.start + chunk.text.length).toBeGreaterThan(end);
      }
    }),
  );
});

test('it makes no difference where the pieces end', () => {
  fc.assert(
    fc.property(texts, (pieces) => {
      expect(chunksOf(...pieces)).toEqual(chunksOf(pieces.join('')));
    }),
  );
});

test('no character is split', () => {
  for (const { text } of chunksOf('🦉'.repeat(200))) expect(text.isWellFormed()).toBe(true);
});

test('a paragraph is the first choice for a cut, then a line, a sentence, a word', () => {
  const first = (text: string) => chunksOf(text)[0]?.text;
  const tail = 'x'.repeat(40);
  expect(first(`one. two three four five six\n\nseven. a\nb ${tail}`)).toMatch(/six\n\n$/);
  expect(first(`one two three four five six\nseven. eig ${tail}`)).toMatch(/six\n$/);
  expect(first(`one two three four five. six seven ${tail}`)).toMatch(/five\. $/);
  expect(first(`one two three four five six ${tail}`)).toMatch(/six $/);
});

test('pages hold every item once, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (items) => {
      const pages = [...inPages(items, 3)];
      expect(pages.flat()).toEqual(items);
      expect(pages.slice(0, -1).every((page) => page.length === 3)).toBe(true);
    }),
  );
});
