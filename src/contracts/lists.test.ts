import fc from 'fast-check';
import { expect, it } from 'vitest';
import { batchQuery, encodeCursor } from './lists.ts';

it('a cursor comes back as the position it was made of', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (id) => {
      expect(batchQuery.parse({ cursor: encodeCursor(id) }).cursor).toBe(id);
    }),
  );
});

it('anything else in its place is a position or refused', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string().map((raw) => Buffer.from(raw).toString('base64url')),
  );
  fc.assert(
    fc.property(text, (cursor) => {
      const parsed = batchQuery.safeParse({ cursor });
      if (parsed.success) expect(Number.isSafeInteger(parsed.data.cursor)).toBe(true);
      else expect(parsed.error.issues[0]?.path).toEqual(['cursor']);
    }),
  );
});

it('fifty rows unless asked otherwise, two hundred at most', () => {
  expect(batchQuery.parse({}).limit).toBe(50);
  expect(batchQuery.parse({ limit: '200' }).limit).toBe(200);
  expect(batchQuery.safeParse({ limit: '201' }).success).toBe(false);
});
