import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DIMENSIONS, embed } from './embed.ts';

const likeness = (a: string, b: string) => {
  const [left, right] = [embed(a), embed(b)];
  return left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
};

test('every visible text gives a unit vector, the same one each time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const vector = embed(text);
      expect(vector).toHaveLength(DIMENSIONS);
      expect(vector.every(Number.isFinite)).toBe(true);
      expect(embed(text)).toEqual(vector);
      const length = Math.hypot(...vector);
      expect(length === 0 || Math.abs(length - 1) < 1e-9).toBe(true);
    }),
  );
});

test('texts about the same thing are closer than texts about another', () => {
  const tides = 'High water at the harbour is two hours after the moon passes south.';
  const question = 'When is high water at the harbour?';
  const soup = 'Fry the onions slowly, then add leeks and cream.';
  expect(likeness(tides, question)).toBeGreaterThan(likeness(soup, question) + 0.2);
  expect(likeness('灯台の光は毎晩遠くまで届く。', '灯台の光')).toBeGreaterThan(0.3);
});

test('case is ignored, emoji count, and nothing visible is the zero vector', () => {
  expect(embed('HARBOUR Light')).toEqual(embed('harbour light'));
  expect(likeness('🦉', '🦉')).toBeCloseTo(1);
  expect(embed(' \n\t').every((value) => value === 0)).toBe(true);
});
