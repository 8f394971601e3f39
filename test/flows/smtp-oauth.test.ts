import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accessTokens } from '../../src/mail/transports/oauth-tokens.ts';
import { smtpTransport } from '../../src/mail/transports/smtp.ts';
import type { Transport } from '../../src/mail/transports/transport.ts';
import { answerJson, type HttpDouble } from '../support/http-double.ts';
import { send } from '../support/smtp-lab.ts';
import { startTokenServer } from '../support/token-server.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});
function closing<Part extends { close(): Promise<void> }>(part: Part): Part {
  opened.push(part);
  return part;
}

describe('OAuth 2 for SMTP', () => {
  const tokens = { good: 'token-2' };
  let logins: string[];
  let tokenServer: HttpDouble;
  let open: () => Transport;

  beforeEach(async () => {
    logins = [];
    const server = new SMTPServer({
      authMethods: ['XOAUTH2'],
      hideSTARTTLS: true,
      allowInsecureAuth: true,
      onAuth({ username, accessToken }, _session, done) {
        logins.push(`${username} ${accessToken}`);
        if (accessToken === tokens.good) return done(null, { user: username });
        return done(null, { data: { status: '401', schemes: 'bearer' } });
      },
      onData(stream, _session, done) {
        stream.resume().once('end', () => done());
      },
    });
    server.on('error', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing({ close: () => new Promise<void>((resolve) => server.close(() => resolve())) });
    tokenServer = closing(
      await startTokenServer((asked) => ({ access_token: `token-${asked}`, expires_in: 3600 })),
    );
    const config = {
      SMTP_SERVER: '127.0.0.1',
      SMTP_PORT: (server.server.address() as AddressInfo).port,
      SMTP_PASSWORD: undefined,
      SMTP_SECURE: 'none' as const,
      SMTP_TIMEOUT_SECONDS: 5,
      SMTP_POOL_SIZE: 2,
      SMTP_USER: 'tidings@example.com',
      SMTP_OAUTH_CLIENT_ID: 'client',
      SMTP_OAUTH_CLIENT_SECRET: 'client-secret',
      SMTP_OAUTH_REFRESH_TOKEN: 'refresh-secret',
      SMTP_OAUTH_TOKEN_URL: `${tokenServer.url}/token`,
    };
    open = () => closing(smtpTransport(config, { tokens: accessTokens(config) }));
  });

  it('renews a token that the server refuses, and shares the good one', async () => {
    const over = open();
    const results = [await send(over), ...(await Promise.all([send(over), send(over)]))];
    expect(results.map(({ outcome }) => outcome)).toEqual(['sent', 'sent', 'sent']);
    expect(tokenServer.asked).toHaveLength(2);
    expect(logins.slice(0, 2)).toEqual([
      'tidings@example.com token-1',
      'tidings@example.com token-2',
    ]);
  });

  it.each<[string, HttpDouble['answer'], RegExp]>([
    ['refuses', (_, to) => answerJson(to, 400, { error: 'invalid_grant' }), /400, invalid_grant/],
    ['is in trouble', (_, to) => answerJson(to, 500, { oops: 1 }), /500, no token/],
    ['answers nonsense', (_, to) => void to.end('<html>'), /200, no token/],
    ['is gone', (_, to) => void to.destroy(), /cannot be reached/],
  ])('a token server that %s stops the transport, not the mail', async (_what, answer, reason) => {
    tokenServer.answer = answer;
    const result = await send(open());
    expect(result).toMatchObject({ outcome: 'unavailable', reason: expect.stringMatching(reason) });
    expect(JSON.stringify(result)).not.toMatch(/secret|@/);
    expect(logins).toEqual([]);
  });
});
