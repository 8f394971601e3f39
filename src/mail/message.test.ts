import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../config.ts';
import { messageIdFor } from './message.ts';

describe('messageIdFor', () => {
  it('names the stored mail and the domain of the sender', () => {
    expect(messageIdFor(17, 'Tidings <tidings@Example.com>')).toBe('<tidings.17@example.com>');
    expect(messageIdFor('17.9', 'tidings@example.com')).toBe('<tidings.17.9@example.com>');
  });

  it('is well formed, repeatable and says nothing about a person, whatever the id is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.emailAddress(), fc.uuid(), fc.nat()), (id) => {
        const messageId = messageIdFor(id, 'tidings@example.com');
        expect(messageId).toMatch(/^<tidings\.[0-9a-f.-]{1,36}@example\.com>$/);
        expect(messageIdFor(id, 'tidings@example.com')).toBe(messageId);
      }),
    );
  });

  it('differs between mails', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ maxLength: 60 }).map((s) => s.toLowerCase())),
        (ids) => {
          expect(new Set(ids.map((id) => messageIdFor(id, 'a@example.com'))).size).toBe(ids.length);
        },
      ),
    );
  });

  it.each([
    ['tidings@münchen.example', '<tidings.1@xn--mnchen-3ya.example>'],
    ['tidings@[192.0.2.7]', '<tidings.1@[192.0.2.7]>'],
  ])('stays ASCII for %s', (from, expected) => {
    expect(messageIdFor(1, from)).toBe(expected);
  });

  it.each(['', 'tidings', 'tidings@', 'Tidings <tidings>', 'a@exa mple.com', 'a@b\r\nBcc: c'])(
    'refuses the sender %j, naming the setting',
    (from) => {
      const attempt = () => messageIdFor(1, from);
      expect(attempt).toThrow(ConfigError);
      expect(attempt).toThrow(/FROM_EMAIL/);
    },
  );
});
