import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readUnsubscribeLink, signUnsubscribeLink } from './unsubscribe-link.ts';

const SECRET = 'a secret for the tests';
const NOW = new Date('2026-03-01T12:00:00Z');
const link = {
  company_id: 3,
  bot_id: 7,
  email_id: 42,
  expires_at: new Date('2026-05-30T12:00:00Z'),
};
const id = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const anyLink = fc.record({
  company_id: id,
  bot_id: id,
  email_id: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  expires_at: fc.integer({ min: 1, max: 86_400_000 }).map((ms) => new Date(+NOW + ms * 1000)),
});

describe('unsubscribe link', () => {
  it('says what was signed, in characters that need no escaping in a URL', () => {
    fc.assert(
      fc.property(anyLink, fc.string({ minLength: 1 }), (signed, secret) => {
        const token = signUnsubscribeLink(signed, secret);
        expect(token).toMatch(/^1\.[\w-]+\.[\w-]{43}$/);
        expect(readUnsubscribeLink(token, [secret], NOW)).toEqual(signed);
      }),
    );
  });

  it('ends at its expiry, to the second', () => {
    const token = signUnsubscribeLink(link, SECRET);
    const at = (ms: number) =>
      readUnsubscribeLink(token, [SECRET], new Date(+link.expires_at + ms));
    expect(at(-1)).toEqual(link);
    expect(at(0)).toBe('expired');
  });

  it('is forged with one other character anywhere', () => {
    const token = signUnsubscribeLink(link, SECRET);
    const position = fc.integer({ min: 0, max: token.length - 2 });
    const character = fc.constantFrom(...'ABCdef019-_.~ %');
    fc.assert(
      fc.property(position, character, (at, other) => {
        fc.pre(token[at] !== other);
        const changed = token.slice(0, at) + other + token.slice(at + 1);
        expect(readUnsubscribeLink(changed, [SECRET], NOW)).toBe('forged');
      }),
    );
  });

  it('is forged with anything after it', () => {
    const token = signUnsubscribeLink(link, SECRET);
    expect(readUnsubscribeLink(`${token}.`, [SECRET], NOW)).toBe('forged');
    expect(readUnsubscribeLink(`${token}.x`, [SECRET], NOW)).toBe('forged');
  });

  it('is forged for any text, any other secret, and before the expiry is looked at', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readUnsubscribeLink(text, [SECRET], NOW)).toBe('forged');
      }),
    );
    const token = signUnsubscribeLink({ ...link, expires_at: new Date(0) }, 'another secret');
    expect(readUnsubscribeLink(token, [SECRET], NOW)).toBe('forged');
    expect(readUnsubscribeLink(token, [], NOW)).toBe('forged');
  });

  it('outlives a rotation of the secret', () => {
    const token = signUnsubscribeLink(link, SECRET);
    expect(readUnsubscribeLink(token, ['the new secret', SECRET], NOW)).toEqual(link);
  });
});
