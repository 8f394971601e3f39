import { createHash } from 'node:crypto';
import { domainToASCII } from 'node:url';
import type { SendMailOptions } from 'nodemailer';
import { ConfigError } from '../config.ts';

/** One mail to one person, rendered and ready to be handed to a transport. */
export interface OutgoingMail {
  /** RFC 5322 Message-ID in angle brackets, the same on every attempt. */
  messageId: string;
  /** An address, with or without a display name. */
  from: string;
  /** One bare address. */
  to: string;
  subject: string;
  text: string;
  /** Null sends plain text only. */
  html: string | null;
  headers?: Record<string, string>;
  attachments?: { filename: string; contentType: string; content: Buffer }[];
}

/** The mail as the MIME composer takes it, the same for every transport that sends MIME. */
export function composed({ to, html, ...mail }: OutgoingMail) {
  // The address is an object, so that nothing in it is parsed as a list of further recipients.
  return {
    ...mail,
    to: { name: '', address: to },
    html: html ?? undefined,
    // Markup is mostly Latin, whatever the language; without this each body is counted twice to find out.
    textEncoding: 'quoted-printable',
  } satisfies SendMailOptions;
}

/** Numbers and UUIDs say nothing about a person; anything else is hashed before it leaves the house. */
const ANONYMOUS_ID = /^(\d+(\.\d+)?|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/**
 * The Message-ID of a stored e-mail (RFC 5322, section 3.6.4). Deterministic, so a mail that is handed
 * over again can be recognised as the same one.
 * @param emailId the row's id in `email_notification_log`, and when it was made: ids alone come again in a
 *   database that was put back to a backup, and mailbox providers drop another mail of the same Message-ID
 * @param fromAddress the sender; its domain is the right-hand side
 * @throws ConfigError when the sender has no domain
 */
export function messageIdFor(emailId: number | string, fromAddress: string): string {
  const id = String(emailId);
  const left = ANONYMOUS_ID.test(id)
    ? id.toLowerCase()
    : createHash('sha256').update(id).digest('hex').slice(0, 32);
  return `<tidings.${left}@${domainOf(fromAddress)}>`;
}

function domainOf(address: string): string {
  const domain = /@([^@<>\s]+)>?\s*$/.exec(address)?.[1] ?? '';
  const ascii = /^\[[0-9a-f.:]+\]$/i.test(domain) ? domain : domainToASCII(domain);
  if (!ascii)
    throw new ConfigError(
      'FROM_EMAIL has no valid domain: set it to an address such as "Tidings <tidings@example.com>"',
    );
  return ascii.toLowerCase();
}
