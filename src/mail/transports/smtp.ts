import nodemailer, { type SendMailOptions } from 'nodemailer';
import type { Config } from '../../config.ts';
import { classifyFailure, type SmtpFailure } from '../classify.ts';
import type { OutgoingMail } from '../message.ts';
import { type BodyGate, bodyGate } from './body-gate.ts';
import { redact } from './redact.ts';
import { smtpSecurity } from './smtp-security.ts';
import type { SendOptions, SendOutcome, Transport } from './transport.ts';

export type SmtpConfig = Pick<
  Config,
  | 'SMTP_SERVER'
  | 'SMTP_PORT'
  | 'SMTP_USER'
  | 'SMTP_PASSWORD'
  | 'SMTP_SECURE'
  | 'SMTP_TIMEOUT_SECONDS'
  | 'SMTP_POOL_SIZE'
>;

/**
 * Hands mail to an SMTP server over a pool of connections. Opens none before the first mail.
 * `SMTP_TIMEOUT_SECONDS` bounds resolving, connecting, the greeting and every later silence.
 */
export function smtpTransport(config: SmtpConfig): Transport {
  const name = `smtp ${config.SMTP_SERVER}:${config.SMTP_PORT}`;
  const mailer = createMailer(config);
  const underWay = new Set<Promise<SendOutcome>>();

  return {
    name,
    send(mail, options) {
      const attempt = handOver(mailer, mail, options);
      underWay.add(attempt);
      return attempt.finally(() => underWay.delete(attempt));
    },
    async verify() {
      try {
        await mailer.verify();
      } catch (error) {
        const failure = classifyFailure(error as SmtpFailure, false);
        throw new Error(`${name}: ${'reason' in failure ? failure.reason : failure.outcome}`);
      }
    },
    async close() {
      mailer.close();
      await Promise.allSettled(underWay);
    },
  };
}

type Mailer = ReturnType<typeof createMailer>;

function createMailer(config: SmtpConfig) {
  const timeoutMs = config.SMTP_TIMEOUT_SECONDS * 1000;
  const mailer = nodemailer.createTransport({
    pool: true,
    host: config.SMTP_SERVER,
    port: config.SMTP_PORT,
    auth: config.SMTP_USER
      ? { user: config.SMTP_USER, pass: config.SMTP_PASSWORD ?? '' }
      : undefined,
    ...smtpSecurity(config.SMTP_SECURE, config.SMTP_PORT),
    maxConnections: config.SMTP_POOL_SIZE,
    // Trying again is decided where the mail's row is; the pool must not do it behind our back.
    maxRequeues: 0,
    dnsTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // An abandoned connection is cut, not ended politely: the server then drops what it has so far.
    socketCloseTimeout: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  mailer.use('stream', ({ message, data }, done) => {
    const { gate } = data as GatedMail;
    const source = message.createReadStream.bind(message);
    message.createReadStream = (options) => gate.around(source(options));
    done();
  });
  return mailer;
}

async function handOver(
  mailer: Mailer,
  mail: OutgoingMail,
  { beforeBody, signal }: SendOptions,
): Promise<SendOutcome> {
  const gate = bodyGate(beforeBody);
  const result = await mailer.sendMail(compose(mail, gate, signal)).then(
    (info) => ({ info }),
    (error: SmtpFailure) => ({ error }),
  );
  gate.stop();
  await gate.settled();
  if ('error' in result) return classifyFailure(result.error, gate.written());
  const { response, rejected, rejectedErrors } = result.info;
  if (rejected.length > 0)
    return classifyFailure(rejectedErrors?.[0] ?? { code: 'EENVELOPE' }, gate.written());
  if (!gate.written())
    return {
      outcome: 'unknown',
      reason: 'The mail server answered before the message was complete',
    };
  return { outcome: 'sent', response: redact(response) };
}

/** What the client is given for one mail; the gate travels with it to the `stream` step above. */
interface GatedMail extends SendMailOptions {
  gate: BodyGate;
}

function compose(
  { to, html, ...mail }: OutgoingMail,
  gate: BodyGate,
  signal?: AbortSignal,
): GatedMail {
  // The address is an object, so that nothing in it is parsed as a list of further recipients.
  return { ...mail, to: { name: '', address: to }, html: html ?? undefined, signal, gate };
}
