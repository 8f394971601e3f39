import fc from 'fast-check';
import { parse } from 'parse5';
import { expect, it } from 'vitest';
import { parseHtml } from '../../../test/support/html-text.ts';
import { ALL_NAUGHTY_STRINGS } from '../../../test/support/naughty-strings.ts';
import { html, markupOf } from './html.ts';

it('shows every string as it is, as text and as an attribute', () => {
  const strings = fc.oneof(fc.constantFrom(...ALL_NAUGHTY_STRINGS), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(strings, (value) => {
      const markup = markupOf(html`<p title="${value}"><b>.${value}.</b></p>`);
      const { elements, attributes, texts } = parseHtml(markup);
      expect(elements).toEqual(['html', 'head', 'body', 'p', 'b']);
      expect(attributes).toEqual(['p title']);
      expect(texts).toEqual([{ element: 'b', text: `.${read(value)}.` }]);
    }),
    { numRuns: 2000 },
  );
});

it('takes markup, lists of it and nothing as they are, and nothing else for markup', () => {
  const items = ['<a>', 'b'].map((item) => html`<li>${item}</li>`);
  expect(markupOf(html`<ul>${items}${null}${false}${undefined}${0}</ul>`)).toBe(
    '<ul><li>&lt;a&gt;</li><li>b</li>0</ul>',
  );
  const forged = JSON.parse('{"markup":"<script>","Symbol(markup)":"<script>"}');
  expect(() => markupOf(html`${forged}`)).toThrow();
});

/** What a parser makes of a text that stands alone: it folds line ends and drops NUL. */
function read(text: string): string {
  const body = parse(`<body><b>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</b>`);
  const nodes = JSON.stringify(body, (key, value) => (key === 'parentNode' ? undefined : value));
  return /"value":("(?:[^"\\]|\\.)*")/.exec(nodes)?.[1] ? JSON.parse(RegExp.$1) : '';
}
