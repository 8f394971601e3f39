import { SMTPServer } from 'smtp-server';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { failoverTransport } from '../../src/mail/transports/failover.ts';
import type { FaultySmtp } from '../support/smtp-faults.ts';
import { closeAfterEach, faulty, send, transportTo } from '../support/smtp-lab.ts';

const LOGIN = { user: 'tidings', pass: 'open-sesame' };
closeAfterEach();

describe('credentials', () => {
  let server: FaultySmtp;
  beforeEach(async () => {
    server = await faulty({ auth: LOGIN });
  });
  const withLogin = (password: string) =>
    transportTo(server.port, { SMTP_USER: LOGIN.user, SMTP_PASSWORD: password });

  it('that are right let the mail through', async () => {
    const over = withLogin(LOGIN.pass);
    await expect(over.verify()).resolves.toBeUndefined();
    expect(await send(over)).toMatchObject({ outcome: 'sent' });
  });

  it.each([['wrong'], ['']])(
    'that are wrong ("%s") stop the transport, not the mail',
    async (pass) => {
      const over = withLogin(pass);
      expect(await send(over)).toMatchObject({
        outcome: 'unavailable',
        reason: expect.stringContaining('SMTP_PASSWORD'),
      });
      await expect(over.verify()).rejects.toThrow(/SMTP_USER and SMTP_PASSWORD/);
      expect(server.messages).toEqual([]);
    },
  );

  it('that are missing are the configuration at fault', async () => {
    expect(await send(transportTo(server.port))).toMatchObject({ outcome: 'unavailable' });
  });

  it.each([
    ['454 4.7.0 Temporary authentication failure', 'transient'],
    ['421 4.3.2 Shutting down', 'transient'],
    ['535 5.7.8 Credentials invalid', 'unavailable'],
    ['534 5.7.9 Mechanism too weak', 'unavailable'],
    ['538 5.7.11 Encryption required', 'unavailable'],
    ['504 5.5.4 Unknown mechanism', 'unavailable'],
  ])('answered with "%s" are %s, and the next mail logs in anew', async (reply, outcome) => {
    const over = withLogin(LOGIN.pass);
    server.faults.next = [{ at: 'auth', reply }];
    expect(await send(over)).toMatchObject({ outcome });
    expect(await send(over)).toMatchObject({ outcome: 'sent' });
  });

  it.each(['drop', 'hang'])('lost to a %s are tried again later', async (how) => {
    server.faults.next = [{ at: 'auth', [how]: true }];
    const over = transportTo(server.port, {
      SMTP_USER: LOGIN.user,
      SMTP_PASSWORD: LOGIN.pass,
      // A machine that stalls for so long loses a mail that nothing hangs in, too: it is sent again.
      ...(how === 'hang' && { SMTP_TIMEOUT_SECONDS: 0.3 }),
    });
    expect(await send(over)).toMatchObject({ outcome: 'transient' });
    await vi.waitFor(async () => expect(await send(over)).toMatchObject({ outcome: 'sent' }), {
      timeout: 20_000,
    });
  });
});

describe('a server that cannot be reached', () => {
  it('is transient, and verify says where it was looked for', async () => {
    const server = await faulty();
    await server.refuse();
    const over = transportTo(server.port);
    expect(await send(over)).toMatchObject({
      outcome: 'transient',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    await expect(over.verify()).rejects.toThrow(`127.0.0.1:${server.port}`);
  });

  it('is transient when its name does not resolve', async () => {
    const over = transportTo(587, { SMTP_SERVER: 'smtp.invalid' });
    expect(await send(over)).toMatchObject({
      outcome: 'transient',
      reason: expect.stringContaining('SMTP_SERVER'),
    });
  });
});

describe('encryption', () => {
  it('that was offered and then refused is not done without', async () => {
    const server = await faulty({ announce: ['STARTTLS'] });
    expect(await send(transportTo(server.port))).toMatchObject({ outcome: 'transient' });
    expect(await send(transportTo(server.port, { SMTP_SECURE: 'none' }))).toMatchObject({
      outcome: 'sent',
    });
    expect(server.messages).toHaveLength(1);
  });

  it.each(['auto', 'tls'] as const)(
    'under a certificate nobody vouches for gets no mail (%s)',
    async (mode) => {
      const received: string[] = [];
      // The server's built-in certificate is nobody's, which is the point here; it warns about that.
      const warning = vi.spyOn(console, 'error').mockImplementation(() => {});
      const server = new SMTPServer({
        secure: mode === 'tls',
        authOptional: true,
        onMailFrom({ address }, _session, done) {
          received.push(address);
          done();
        },
      });
      warning.mockRestore();
      server.on('error', () => {});
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.server.address() as { port: number };
      const over = transportTo(port, { SMTP_SECURE: mode });
      expect(await send(over)).toMatchObject({
        outcome: 'transient',
        reason: expect.stringMatching(/CERT/),
      });
      expect(received).toEqual([]);
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  );
});

describe('failover between real servers', () => {
  it('goes on to the second server while the first has not got the body, and only then', async () => {
    const [first, second] = [await faulty(), await faulty()];
    const over = failoverTransport([transportTo(first.port), transportTo(second.port)]);
    first.faults.next = [{ at: 'rcpt', drop: true }];
    expect(await send(over)).toMatchObject({ outcome: 'sent' });
    expect([first.messages.length, second.messages.length]).toEqual([0, 1]);
    first.faults.next = [{ at: 'dot', drop: true }];
    expect(await send(over)).toMatchObject({ outcome: 'unknown' });
    first.faults.next = [{ at: 'dot', reply: '451 4.3.0 Disk full' }];
    expect(await send(over)).toMatchObject({ outcome: 'transient' });
    expect(second.messages).toHaveLength(1);
  });
});
