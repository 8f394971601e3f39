import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accessPath } from './access-path.ts';

describe('accessPath', () => {
  it('keeps the route and masks the person', () => {
    expect(accessPath('/api/user-notification-preferences/by-user/1/2/ann@example.com')).toBe(
      '/api/user-notification-preferences/by-user/1/2/***',
    );
    expect(accessPath('/api/files/a%40b.example?user_email=ann@example.com')).toBe(
      '/api/files/***',
    );
    expect(accessPath('/api/companies/7')).toBe('/api/companies/7');
  });

  it('never lets an address through, however it is written', () => {
    const encoded = fc.constantFrom(
      (text: string) => text,
      encodeURIComponent,
      (text: string) => encodeURIComponent(encodeURIComponent(text)),
    );
    fc.assert(
      fc.property(
        fc.emailAddress(),
        encoded,
        fc.constantFrom('/', '/by-user/1/2/', '/x/?e='),
        (email, encode, before) => {
          const path = accessPath(before + encode(email));
          expect(path).not.toContain(encode(email));
          expect(path).not.toContain('@');
        },
      ),
    );
  });
});
