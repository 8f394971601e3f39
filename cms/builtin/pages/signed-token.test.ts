import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readToken, signToken } from './signed-token.ts';

const SECRET = 'a secret of this test';
const NOW = new Date('2026-05-05T12:00:00Z');
const LATER = new Date('2026-05-05T12:00:01Z');
const same = (claims: unknown) => claims;
const read = (token: string, secrets = [SECRET], now = NOW) =>
  readToken('preferences link', token, secrets, now, same);

it('gives back what was signed, until it expires', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), (claims) => {
      const token = signToken('preferences link', claims, LATER, SECRET);
      expect(token).toMatch(/^1\.[\w-]+\.[\w-]+$/);
      expect(read(token)).toEqual({
        valid: true,
        claims: JSON.parse(JSON.stringify(claims)),
        expiresAt: LATER,
      });
      expect(read(token, ['a newer secret', SECRET])).toMatchObject({ valid: true });
      expect(read(token, [SECRET], LATER)).toEqual({ valid: false, why: 'expired' });
    }),
  );
});

it('refuses another secret, another purpose and every changed character', () => {
  const token = signToken('preferences link', { a: 1 }, LATER, SECRET);
  const forged = { valid: false, why: 'forged' };
  expect(read(token, ['another secret'])).toEqual(forged);
  expect(read(signToken('person session', { a: 1 }, LATER, SECRET))).toEqual(forged);
  expect(read(token, [])).toEqual(forged);
  for (let index = 0; index < token.length; index += 1) {
    const other = token[index] === 'A' ? 'B' : 'A';
    expect(read(token.slice(0, index) + other + token.slice(index + 1))).toEqual(forged);
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(read(text)).toEqual(forged);
    }),
  );
});
