import { expect, it } from 'vitest';
import { smtpSecurity } from './smtp-security.ts';

it.each([
  ['auto', 465, 'implicit'],
  ['auto', 587, 'when offered'],
  ['auto', 1025, 'when offered'],
  ['tls', 465, 'implicit'],
  ['tls', 2465, 'implicit'],
  ['tls', 587, 'required'],
  ['tls', 25, 'required'],
  ['none', 465, 'never'],
  ['none', 587, 'never'],
] as const)('%s on port %i: TLS %s', (mode, port, expected) => {
  const { secure, requireTLS, ignoreTLS } = smtpSecurity(mode, port);
  const meaning = secure
    ? 'implicit'
    : requireTLS
      ? 'required'
      : ignoreTLS
        ? 'never'
        : 'when offered';
  expect(meaning).toBe(expected);
});
