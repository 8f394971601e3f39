import fc from 'fast-check';
import { expect, it } from 'vitest';
import { elementTexts, inOrder } from './exact-json.ts';

it('keeps what parsing would lose', () => {
  const json = '{"ids":["a"],"metadatas":[{"page":1.0,"big":9007199254740993}, null]}';
  const kept = elementTexts(json, 'metadatas');
  expect(kept).toEqual(['{"page":1.0,"big":9007199254740993}', 'null']);
  expect(inOrder(kept[0]!)).toBe('{"big":9007199254740993,"page":1.0}');
});

it('is not misled by text that looks like the key, nor by one further in', () => {
  const documents = ['say \\"metadatas\\":[1]', '"metadatas":[', '\\'];
  const inner = { metadatas: [2] };
  const json = JSON.stringify({ documents, inner, metadatas: [3, [4, 5], 'x,]'] });
  expect(elementTexts(json, 'metadatas')).toEqual(['3', '[4,5]', '"x,]"']);
  expect(elementTexts(JSON.stringify({ documents, inner }), 'metadatas')).toEqual([]);
});

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

it('finds the texts of any array in any object', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.array(fc.jsonValue()),
      fc.constantFrom(undefined, 2),
      (others, wanted, indent) => {
        const json = JSON.stringify({ ...others, metadatas: wanted }, null, indent);
        const texts = elementTexts(json, 'metadatas');
        expect(texts.map((text) => JSON.parse(text))).toEqual(plain(wanted));
      },
    ),
  );
});

it('orders any object without changing it, whatever order it came in', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      const reversed = Object.fromEntries(Object.entries(object).reverse());
      const ordered = inOrder(JSON.stringify(object));
      expect(JSON.parse(ordered)).toEqual(plain(object));
      expect(inOrder(JSON.stringify(reversed))).toBe(ordered);
    }),
  );
});
