import type { SmtpFailure } from '../classify.ts';
import type { Trouble } from './transport.ts';

/** Refused here, the server turned the whole session away. */
const SESSION_COMMANDS = new Set(['CONN', 'EHLO', 'HELO', 'STARTTLS']);

/** "Service not available, closing transmission channel" (RFC 5321, section 4.2.3). */
const CLOSING = 421;

/**
 * Whether a failure says something about the server. A reply to the sender, the recipient or the
 * message says something about those, and an attempt that was called off says nothing at all.
 */
export function smtpTrouble({ code, command, responseCode }: SmtpFailure): Trouble | undefined {
  if (code === 'EABORT') return undefined;
  if (!responseCode) return code === 'ETIMEDOUT' ? 'timed-out' : 'failed';
  return responseCode === CLOSING || SESSION_COMMANDS.has(command ?? '') ? 'failed' : undefined;
}
