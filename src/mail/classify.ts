import { redact } from './transports/redact.ts';
import type { SendOutcome } from './transports/transport.ts';

/** What the SMTP client says about a failure. Its message is not read: only codes decide. */
export interface SmtpFailure {
  code?: string;
  /** The system's or TLS's own code behind `code`, such as ECONNREFUSED. */
  originalCode?: string;
  /** The command that was under way. */
  command?: string;
  /** The reply code of the server (RFC 5321, section 4.2). */
  responseCode?: number;
  response?: string;
}

/** The server wants other credentials, or a protected connection, before it talks (RFC 4954, section 6). */
const AUTHENTICATION_REPLIES = new Set([530, 534, 535, 538]);
const CONFIGURATION_CODES = new Set(['EAUTH', 'ENOAUTH', 'ECONFIG', 'ERR_ACCESS_DENIED']);

/** Refused here, the server turned the whole session away; it has not heard of the message yet. */
export const SESSION_COMMANDS = new Set(['CONN', 'EHLO', 'HELO', 'STARTTLS']);

const MEANINGS: Record<string, string> = {
  EABORT: 'The attempt was called off',
  EAUTH: 'The mail server refused the login: check SMTP_USER and SMTP_PASSWORD',
  ECONNECTION: 'The mail server closed the connection',
  EDNS: 'The name of the mail server cannot be resolved: check SMTP_SERVER',
  EENVELOPE: 'The mail server refused the sender or the recipient',
  EMESSAGE: 'The mail server refused the message',
  EPROTOCOL: 'The mail server answered out of turn',
  ESOCKET: 'The connection to the mail server failed',
  ETIMEDOUT: 'The mail server did not answer in time',
  ETLS: 'The connection to the mail server could not be encrypted',
};

/**
 * Decides what a failed attempt means for the mail. Until the body is written to its end the server
 * cannot have taken it; from then on only its answer tells.
 * @param failure the error of the SMTP client
 * @param bodyWritten whether the body had been written to its end, so that the server may have taken it
 */
export function classifyFailure(failure: SmtpFailure, bodyWritten: boolean): SendOutcome {
  const reason = describe(failure);
  const response = failure.response ? redact(failure.response) : undefined;
  const reply = failure.responseCode ?? 0;
  const temporary = (reply >= 400 && reply < 500) || reply === 503;
  const final = reply >= 500 && reply < 600;

  if (temporary) return { outcome: 'transient', reason, response };
  if (AUTHENTICATION_REPLIES.has(reply) || CONFIGURATION_CODES.has(failure.code ?? ''))
    return { outcome: 'unavailable', reason };
  if (final && SESSION_COMMANDS.has(failure.command ?? '') && !bodyWritten)
    return { outcome: 'transient', reason, response };
  if (final) return { outcome: 'permanent', reason, response };
  if (bodyWritten) return { outcome: 'unknown', reason: `${reason}, after the whole message` };
  if (refusedBeforeAsking(failure)) return { outcome: 'permanent', reason };
  return { outcome: 'transient', reason, response };
}

/** An address that cannot be written in SMTP, or a message above the size the server announced. */
function refusedBeforeAsking({ code, response }: SmtpFailure): boolean {
  return (code === 'EENVELOPE' || code === 'EMESSAGE') && !response;
}

function describe({ code, originalCode, command, responseCode, response }: SmtpFailure): string {
  const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response ?? '')?.[1];
  const details = [
    responseCode ? [responseCode, enhanced].filter(Boolean).join(' ') : (originalCode ?? code),
    command && command !== 'API' && `at ${command}`,
  ];
  const meaning = MEANINGS[code ?? ''] ?? 'The mail could not be handed over';
  const known = details.filter(Boolean).join(' ');
  return redact(known ? `${meaning} (${known})` : meaning);
}
