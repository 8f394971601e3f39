import { expect, it } from 'vitest';
import { arrayLiteral } from './value-types.ts';

it('quotes whatever a text may hold', () => {
  expect(arrayLiteral(['a', 'b,c', '"q"', '\\', '{}', 'NULL', '', null, 7, true])).toBe(
    '{"a","b,c","\\"q\\"","\\\\","{}","NULL","",NULL,7,"true"}',
  );
  expect(arrayLiteral([])).toBe('{}');
});
