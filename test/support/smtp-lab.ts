import { afterEach } from 'vitest';
import type { OutgoingMail } from '../../src/mail/message.ts';
import { type SmtpConfig, smtpTransport } from '../../src/mail/transports/smtp.ts';
import type { SendOutcome, Transport } from '../../src/mail/transports/transport.ts';
import { type FaultySmtp, type FaultySmtpOptions, startFaultySmtp } from './smtp-faults.ts';

/** SMTP servers and transports to them for one test file, all closed after each of its tests. */

const opened: { close(): Promise<void> }[] = [];

/** Call once at the top of a test file. */
export function closeAfterEach(): void {
  afterEach(async () => {
    // Servers first: a transport waits for what is under way, and a hanging server keeps it waiting.
    for (const server of opened.splice(0)) await server.close();
  });
}

export async function faulty(options?: FaultySmtpOptions): Promise<FaultySmtp> {
  const started = await startFaultySmtp(options);
  opened.unshift(started);
  return started;
}

/** One connection at a time and no login, unless told otherwise. */
export function transportTo(port: number, change: Partial<SmtpConfig> = {}): Transport {
  const made = smtpTransport({
    SMTP_SERVER: '127.0.0.1',
    SMTP_PORT: port,
    SMTP_USER: undefined,
    SMTP_PASSWORD: undefined,
    SMTP_SECURE: 'auto',
    SMTP_TIMEOUT_SECONDS: 10,
    SMTP_POOL_SIZE: 1,
    ...change,
  });
  opened.push(made);
  return made;
}

let mails = 0;

/** A mail like no other, to one person. */
export function mail(change: Partial<OutgoingMail> = {}): OutgoingMail {
  mails += 1;
  return {
    messageId: `<tidings.${mails}@example.com>`,
    from: 'Tidings <tidings@example.com>',
    to: 'nadia@example.org',
    subject: 'Your files',
    text: 'Three files are ready.\n.\n..and a line of dots\n',
    html: '<p>Three files are ready.</p>',
    ...change,
  };
}

/** A mail larger than every buffer between the source of its body and a server that stops reading. */
export function hugeMail(): OutgoingMail {
  const contentType = 'application/octet-stream';
  return mail({
    attachments: [{ filename: 'list.bin', contentType, content: Buffer.alloc(24e6) }],
  });
}

export const freely = { beforeBody: async () => {} };

export function send(over: Transport, what = mail()): Promise<SendOutcome> {
  return over.send(what, freely);
}
