import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyFailure, type SmtpFailure } from './classify.ts';

const refusal = (responseCode: number, command = 'RCPT TO'): SmtpFailure => ({
  code: 'EENVELOPE',
  command,
  responseCode,
  response: `${responseCode} something`,
});

const CODES = [
  'ECONNECTION',
  'ESOCKET',
  'ETIMEDOUT',
  'EDNS',
  'ETLS',
  'EPROTOCOL',
  'ESTREAM',
  'EABORT',
];
const failure = fc.record<SmtpFailure>({
  code: fc.option(fc.constantFrom(...CODES, 'EENVELOPE', 'EMESSAGE', 'EAUTH'), { nil: undefined }),
  command: fc.option(fc.constantFrom('CONN', 'EHLO', 'MAIL FROM', 'RCPT TO', 'DATA', 'API'), {
    nil: undefined,
  }),
  responseCode: fc.option(fc.integer({ min: 200, max: 599 }), { nil: undefined }),
  response: fc.option(fc.string(), { nil: undefined }),
});

describe('classifyFailure', () => {
  it('calls every 4xx and 503 transient, whoever says it and whenever', () => {
    fc.assert(
      fc.property(
        failure,
        fc.integer({ min: 400, max: 499 }),
        fc.boolean(),
        (other, code, written) => {
          for (const responseCode of [code, 503])
            expect(classifyFailure({ ...other, responseCode }, written).outcome).toBe('transient');
        },
      ),
    );
  });

  it('never claims that a mail was refused or free again when it was written and nobody answered', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CODES, undefined), failure, (code, other) => {
        const silent = { ...other, code, responseCode: undefined, response: undefined };
        expect(classifyFailure(silent, true).outcome).toBe('unknown');
        expect(classifyFailure(silent, false).outcome).toBe('transient');
      }),
    );
  });

  it('is never unsure about a mail the server cannot have', () => {
    fc.assert(
      fc.property(failure, (any) => {
        expect(classifyFailure(any, false).outcome).not.toBe('unknown');
      }),
    );
  });

  it('goes by codes, not by words', () => {
    fc.assert(
      fc.property(failure, fc.boolean(), fc.string(), (any, written, words) => {
        const reworded = { ...any, response: any.response && `${words}.` };
        const same = { ...any, response: any.response && 'x' };
        expect(classifyFailure(reworded, written).outcome).toBe(
          classifyFailure(same, written).outcome,
        );
      }),
    );
  });

  it.each([
    [[421, 450, 451, 452, 455, 503], 'transient'],
    [[500, 501, 502, 504, 550, 551, 552, 553, 554, 555], 'permanent'],
  ])('takes each reply code of RFC 5321 about a message, %j, for %s', (codes, outcome) => {
    for (const code of codes)
      for (const command of ['MAIL FROM', 'RCPT TO', 'DATA'])
        for (const written of [true, false])
          expect(classifyFailure(refusal(code, command), written).outcome).toBe(outcome);
  });

  it.each<[string, SmtpFailure, string]>([
    ['an unknown recipient', refusal(550), 'permanent'],
    ['a message that is too large', { ...refusal(552, 'DATA'), code: 'EMESSAGE' }, 'permanent'],
    ['a size above the announced one', { code: 'EMESSAGE', command: 'MAIL FROM' }, 'permanent'],
    ['an address that cannot be written', { code: 'EENVELOPE', command: 'API' }, 'permanent'],
    ['a missing password', { code: 'EAUTH', command: 'API' }, 'unavailable'],
    ['a login refused', { ...refusal(535, 'AUTH PLAIN'), code: 'EAUTH' }, 'unavailable'],
    ['a login postponed', { ...refusal(454, 'AUTH PLAIN'), code: 'EAUTH' }, 'transient'],
    ['a session refused', { ...refusal(554, 'CONN'), code: 'EPROTOCOL' }, 'transient'],
    ['no STARTTLS there', { ...refusal(502, 'STARTTLS'), code: 'ETLS' }, 'transient'],
  ])('%s', (_what, error, outcome) => {
    expect(classifyFailure(error, false).outcome).toBe(outcome);
  });

  it('says what, which code and where', () => {
    const error = { ...refusal(550), response: '550 5.1.1 <nadia@example.org>: unknown' };
    expect(classifyFailure(error, false)).toEqual({
      outcome: 'permanent',
      reason: 'The mail server refused the sender or the recipient (550 5.1.1 at RCPT TO)',
      response: '550 5.1.1 <address>: unknown',
    });
    const unreachable = { code: 'ESOCKET', originalCode: 'ECONNREFUSED', command: 'CONN' };
    expect(classifyFailure(unreachable, false)).toMatchObject({
      reason: 'The connection to the mail server failed (ECONNREFUSED at CONN)',
    });
  });
});
