import { Agent as PlainAgent } from 'node:http';
import { Agent as EncryptedAgent } from 'node:https';
import type { OutgoingMail } from '../message.ts';
import { type Answer, type Exchange, exchange, type Question } from './http-exchange.ts';
import { redact } from './redact.ts';
import type { SendOptions, SendOutcome, Transport } from './transport.ts';

/** What one provider's API looks like: how to ask, and what its answers mean. */
export interface MailApi {
  /** For people, such as `ses eu-central-1`. */
  name: string;
  endpoint: URL;
  /** Variables to look at when the credentials or the address are refused. */
  settings: string;
  /** @throws when the mail itself cannot be put into a request */
  sendQuestion(mail: OutgoingMail): Promise<Question>;
  /** A harmless question that only a right key gets a right answer to. */
  verifyQuestion(): Question;
  /** Where each request is signed. @throws when there are no credentials to sign with */
  sign?(question: Question): Promise<Question>;
  /** What the provider documents about its answers to `sendQuestion`. */
  meaning(answer: Answer): SendOutcome;
  /** Undefined when the answer to `verifyQuestion` is as it should be, else what is wrong. */
  fault(answer: Answer): string | undefined;
}

/**
 * An idle connection is left after this, long before providers close it themselves: a request on a
 * connection that is just being closed would get no answer and count as unknown. Milliseconds.
 */
const IDLE_MS = 4000;

/**
 * A provider behind an HTTP API. Connections are kept and shared.
 * @param timeoutMs bounds one whole request
 */
export function httpTransport(api: MailApi, timeoutMs: number): Transport {
  const Agent = api.endpoint.protocol === 'https:' ? EncryptedAgent : PlainAgent;
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  const underWay = new Set<Promise<SendOutcome>>();

  async function handOver(mail: OutgoingMail, options: SendOptions): Promise<SendOutcome> {
    // What goes wrong here is this mail's fault, and no reason to leave the provider alone.
    let question = await api.sendQuestion(mail);
    try {
      question = await signed(question);
    } catch {
      return { outcome: 'unavailable', reason: `No request can be signed: check ${api.settings}` };
    }
    return outcomeOf(api, await exchange(question, { agent, timeoutMs, ...options }));
  }

  async function signed(question: Question): Promise<Question> {
    return api.sign ? api.sign(question) : question;
  }

  return {
    name: api.name,
    send(mail, options) {
      const attempt = handOver(mail, options);
      underWay.add(attempt);
      return attempt.finally(() => underWay.delete(attempt));
    },
    async verify() {
      const options = { agent, timeoutMs, beforeBody: async () => {} };
      const result = await exchange(await signed(api.verifyQuestion()), options);
      const fault = 'answer' in result ? api.fault(result.answer) : result.failure;
      if (fault) throw new Error(`${api.name}: ${redact(fault)}; check ${api.settings}`);
    },
    async close() {
      await Promise.allSettled(underWay);
      agent.destroy();
    },
  };
}

function outcomeOf(api: MailApi, result: Exchange): SendOutcome {
  if ('answer' in result) {
    if (result.answer.status < 300 && !result.written)
      return {
        outcome: 'unknown',
        reason: 'The provider answered before the request was complete',
      };
    return api.meaning(result.answer);
  }
  const trouble = result.timedOut ? 'timed-out' : 'failed';
  const blamed = result.failure === 'EABORT' ? {} : ({ trouble } as const);
  const reason = `${api.name} could not be asked, or did not answer (${result.failure})`;
  if (!result.written) return { outcome: 'transient', reason, ...blamed };
  return { outcome: 'unknown', reason: `${reason}, after the whole message`, ...blamed };
}

/** Statuses that mean the same at every provider; undefined leaves it to the provider's own rules. */
export function commonMeaning(answer: Answer, settings: string): SendOutcome | undefined {
  const { status } = answer;
  const reason = `The provider answered ${status}`;
  if (status === 429) return { outcome: 'unavailable', reason, retryAfterMs: retryAfterMs(answer) };
  // A gateway speaks for a provider that it did not hear: whether that one acted, nobody knows.
  if (status === 502 || status === 504) return { outcome: 'unknown', reason, trouble: 'failed' };
  if (status >= 500) return { outcome: 'transient', reason, trouble: 'failed' };
  if (status === 408) return { outcome: 'transient', reason };
  if (status === 413) return { outcome: 'permanent', reason: `${reason}: the mail is too large` };
  if ((status >= 300 && status < 400) || (status > 400 && status < 500))
    return { outcome: 'unavailable', reason: `${reason}: check ${settings}` };
  return undefined;
}

const DEFAULT_PAUSE_MS = 1000;

/** `Retry-After` in seconds (RFC 9110, section 10.2.3), else one second. Milliseconds. */
export function retryAfterMs({ headers }: Answer): number {
  const seconds = Number(headers['retry-after']);
  return seconds > 0 ? Math.min(seconds, 3600) * 1000 : DEFAULT_PAUSE_MS;
}
