import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import PostalMime, { type Address, type Email } from 'postal-mime';
import type { SMTPServerSession } from 'smtp-server';

/** What the inbox keeps of a mail, and the mailbox that keeps it. */

/** A received mail as the JSON API answers it. */
export interface Message {
  id: string;
  /** The recipients of the envelope, blind copies included. */
  to: string[];
  from: string;
  subject: string;
  message_id: string;
  /** ISO 8601 UTC. */
  received_at: string;
  text: string;
  html: string;
  /** Names in lower case; the values of a repeated header stand one per line. */
  headers: Record<string, string>;
  attachments: { filename: string; content_type: string; size: number }[];
}

export interface StoredMessage extends Message {
  raw: Buffer;
}

export interface Mailbox {
  add(message: StoredMessage): void;
  /** Newest first; with `to`, only mails to that recipient, upper or lower case. */
  list(to?: string): StoredMessage[];
  find(id: string): StoredMessage | undefined;
  clear(): void;
}

/** A mailbox in memory that forgets the oldest mail beyond `capacity`. */
export function createMailbox(capacity = 10_000): Mailbox {
  const messages = new Map<string, StoredMessage>();
  return {
    add(message) {
      messages.set(message.id, message);
      const oldest = messages.keys().next().value;
      if (messages.size > capacity && oldest !== undefined) messages.delete(oldest);
    },
    list(to) {
      const all = [...messages.values()].reverse();
      const recipient = to?.trim().toLowerCase();
      if (!recipient) return all;
      return all.filter((message) => message.to.some((one) => one.toLowerCase() === recipient));
    },
    find: (id) => messages.get(id),
    clear: () => messages.clear(),
  };
}

/** Reads one mail to its end. One that cannot be parsed is kept all the same, with its source. */
export async function readMessage(
  stream: Readable,
  session: Pick<SMTPServerSession, 'envelope'>,
): Promise<StoredMessage> {
  const raw = await buffer(stream);
  const { mailFrom, rcptTo } = session.envelope;
  const email = await PostalMime.parse(raw).catch((error: Error) => unreadable(error));
  return {
    id: randomUUID(),
    to: rcptTo.map((recipient) => recipient.address),
    from: email.from ? display(email.from) : mailFrom ? mailFrom.address : '',
    subject: email.subject ?? '',
    message_id: email.messageId ?? '',
    received_at: new Date().toISOString(),
    text: email.text ?? '',
    html: email.html ?? '',
    headers: joinHeaders(email),
    attachments: email.attachments.map((attachment) => ({
      filename: attachment.filename ?? '',
      content_type: attachment.mimeType,
      size: byteLength(attachment.content),
    })),
    raw,
  };
}

/** The message as the JSON API answers it, without its source. */
export function withoutRaw({ raw: _raw, ...message }: StoredMessage): Message {
  return message;
}

function unreadable(error: Error): Email {
  return {
    headers: [],
    headerLines: [],
    attachments: [],
    subject: '(this mail could not be parsed)',
    text: error.message,
  };
}

function display(address: Address): string {
  if (!address.address) return address.name;
  return address.name ? `${address.name} <${address.address}>` : address.address;
}

function joinHeaders(email: Email): Record<string, string> {
  const joined = new Map<string, string>();
  for (const { key, value } of email.headers) {
    const before = joined.get(key);
    joined.set(key, before === undefined ? value : `${before}\n${value}`);
  }
  return Object.fromEntries(joined);
}

function byteLength(content: ArrayBuffer | Uint8Array | string): number {
  return typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength;
}
