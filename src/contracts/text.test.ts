import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emailAddress,
  freeText,
  identifier,
  jsonObject,
  MAX_JSON_DEPTH,
  storable,
  timestamp,
} from './text.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes)),
);

describe('text', () => {
  it('is storable afterwards, and unchanged where it was before', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const kept = storable(text);
        expect(kept.includes('\u0000')).toBe(false);
        expect(kept.isWellFormed()).toBe(true);
        expect(kept).toHaveLength(text.length);
        if (text.isWellFormed() && !text.includes('\u0000')) expect(kept).toBe(text);
      }),
    );
  });
  it('for people is mended, for machines refused', () => {
    expect(freeText(3).parse('a\u0000b')).toBe('a\ufffdb');
    expect(identifier(3).safeParse('a\u0000b').success).toBe(false);
  });
});

describe('a JSON object', () => {
  const nested = (depth: number): object => (depth === 0 ? {} : { a: nested(depth - 1) });

  it('is mended in every key and value', () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, fc.oneof(anyText, fc.array(anyText))), (value) => {
        const text = JSON.stringify(jsonObject.parse({ value }));
        expect(text).not.toContain('\\u0000');
        expect(text).not.toMatch(/\\ud[89a-f]/i);
      }),
    );
  });
  it('may be nested so deep and no deeper', () => {
    expect(jsonObject.safeParse(nested(MAX_JSON_DEPTH)).success).toBe(true);
    expect(jsonObject.safeParse(nested(MAX_JSON_DEPTH + 1)).success).toBe(false);
    let deep: unknown = {};
    for (let level = 0; level < 200_000; level += 1) deep = [deep];
    expect(jsonObject.safeParse({ deep }).success).toBe(false);
  });
});

it('a timestamp can be read by Date and by Postgres, or is refused', () => {
  const parts = fc.tuple(
    fc.integer({ min: 0, max: 9999 }),
    fc.integer({ min: 0, max: 13 }),
    fc.integer({ min: 0, max: 32 }),
    fc.constantFrom('Z', '+00:00', '-23:59', '+23:59', '+24:00', ''),
  );
  const pad = (number: number, length = 2) => String(number).padStart(length, '0');
  fc.assert(
    fc.property(parts, ([year, month, day, zone]) => {
      const text = `${pad(year, 4)}-${pad(month)}-${pad(day)}T23:30:00${zone}`;
      const parsed = timestamp.safeParse(text);
      if (parsed.success) expect(new Date(text).toISOString()).toMatch(/^(?!0000)\d{4}-/);
      else if (zone === 'Z' && year > 0 && month % 13 && day > 0 && day < 29)
        throw new Error(`refused ${text}`);
    }),
    { numRuns: 500 },
  );
});

it('an address is kept in lower case', () => {
  expect(emailAddress.parse('Ada.Lovelace@Example.COM')).toBe('ada.lovelace@example.com');
});
