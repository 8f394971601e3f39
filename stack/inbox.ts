import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { inboxApp } from './inbox/http.ts';
import { createMailbox, readMessage } from './inbox/messages.ts';

/** An SMTP server that delivers nothing, and a page to read what it was given. */

export interface Inbox {
  smtpPort: number;
  /** Address of the page and of the JSON API below `/api/messages`. */
  url: string;
  close(): Promise<void>;
}

/** Largest message taken, in bytes. */
const MAX_SIZE = 50 * 1024 * 1024;

/**
 * Starts the inbox. A message the SMTP server has acknowledged can be read at once. Any user name
 * and password are accepted; port 0 or none means any free port.
 */
export async function startInbox(
  options: { smtpPort?: number; httpPort?: number; host?: string } = {},
): Promise<Inbox> {
  const host = options.host ?? '127.0.0.1';
  const mailbox = createMailbox();
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    allowInsecureAuth: true,
    size: MAX_SIZE,
    onAuth: (auth, _session, callback) => callback(null, { user: auth.username ?? 'anyone' }),
    onData: (stream, session, callback) => {
      readMessage(stream, session).then(
        (message) => {
          if (stream.sizeExceeded) return callback(new Error('the message is too large'));
          mailbox.add(message);
          callback(null);
        },
        (error: Error) => callback(error),
      );
    },
  });
  // A client that goes away in the middle of a session is its own affair.
  smtp.on('error', () => undefined);
  const http = createServer(inboxApp(mailbox));

  await listen(smtp, options.smtpPort ?? 0, host);
  await listen(http, options.httpPort ?? 0, host).catch(async (error: Error) => {
    await new Promise<void>((done) => smtp.close(() => done()));
    throw error;
  });
  const smtpAddress = smtp.server.address() as AddressInfo;
  const httpAddress = http.address() as AddressInfo;
  return {
    smtpPort: smtpAddress.port,
    url: `http://${host}:${httpAddress.port}`,
    async close() {
      http.closeAllConnections();
      await Promise.all([
        new Promise((done) => smtp.close(() => done(undefined))),
        new Promise((done) => http.close(done)),
      ]);
    },
  };
}

interface Listener extends NodeJS.EventEmitter {
  listen(port: number, host: string, listening: () => void): unknown;
}

async function listen(server: Listener, port: number, host: string): Promise<void> {
  const failed = once(server, 'error').then(([error]) => {
    throw error;
  });
  await Promise.race([new Promise<void>((resolve) => server.listen(port, host, resolve)), failed]);
}
