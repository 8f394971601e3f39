import type { WindowAnswer } from '../../domain/send-window.ts';
import { SESSION_COMMANDS, type SmtpFailure } from '../classify.ts';
import type { SendOutcome, Trouble } from './transport.ts';

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

/**
 * Replies that ask for less at a time: 421, and the enhanced codes for a system that takes no more now
 * (4.3.2), for congestion (4.4.5) and for limits of policy (4.7.0, 4.7.28); RFC 3463, section 3.
 * Greylisting (4.7.1) is about one mail.
 */
const CROWDED = /^(421\b|4\d\d[ -]4\.(3\.2|4\.5|7\.0|7\.28)\b)/;

/** What an outcome says about how many mails at a time the server can take. */
export function windowAnswer(outcome: SendOutcome): WindowAnswer {
  if (outcome.outcome === 'sent') return 'accepted';
  const response = 'response' in outcome ? (outcome.response ?? '') : '';
  return CROWDED.test(response) ? 'crowded' : 'neither';
}
