import { expect, test } from 'vitest';
import { frontMatter } from './front-matter.ts';

const read = (text: string) => frontMatter(Buffer.from(text));

test('names and values stand between the two rules', () => {
  expect(read('---\ntitle: The owl: a life\nkeywords: owl, night\n---\nkey: no\n')).toEqual({
    title: 'The owl: a life',
    keywords: 'owl, night',
  });
});

test('a text without front matter has none', () => {
  expect(read('title: no\n')).toEqual({});
  expect(read('---\ntitle: never closed\n')).toEqual({});
});
