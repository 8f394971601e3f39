import nodemailer, { type SendMailOptions } from 'nodemailer';
import type { XOAuth2ProvisionCallback } from 'nodemailer/lib/xoauth2';
import type { Config } from '../../config.ts';
import { classifyFailure, type SmtpFailure } from '../classify.ts';
import { composed, type OutgoingMail } from '../message.ts';
import { type BodyGate, bodyGate } from './body-gate.ts';
import type { DkimKey } from './dkim.ts';
import { type AccessTokens, TOKEN_FAILURE } from './oauth-tokens.ts';
import { redact } from './redact.ts';
import { smtpSecurity } from './smtp-security.ts';
import { smtpTrouble, windowAnswer } from './smtp-trouble.ts';
import type { SendOptions, SendOutcome, Transport } from './transport.ts';
import { windowed } from './windowed.ts';

export type SmtpConfig = Pick<
  Config,
  | 'SMTP_PORT'
  | 'SMTP_USER'
  | 'SMTP_PASSWORD'
  | 'SMTP_SECURE'
  | 'SMTP_TIMEOUT_SECONDS'
  | 'SMTP_POOL_SIZE'
> & { SMTP_SERVER: string };

export interface SmtpExtras {
  /** Signs every mail. The gate stands behind the signer: what it lets through is signed already. */
  dkim?: DkimKey;
  /** Logs in as SMTP_USER with XOAUTH2 instead of a password. */
  tokens?: AccessTokens;
  /** A header that carries the Message-ID, for servers that recognise a mail by it. */
  idempotencyHeader?: string;
}

/** The server was not asked, so the mail loses nothing but time. */
const NOT_ITS_TURN: SendOutcome = {
  outcome: 'unavailable',
  reason: 'The mail waited in line and its turn did not come',
  retryAfterMs: 1000,
  inLine: true,
};

/**
 * Hands mail to an SMTP server over a pool of connections, as many at a time as the server's answers
 * allow. Opens none before the first mail.
 * `SMTP_TIMEOUT_SECONDS` bounds resolving, connecting, the greeting and every later silence.
 */
export function smtpTransport(config: SmtpConfig, extras: SmtpExtras = {}): Transport {
  const name = `smtp ${config.SMTP_SERVER}:${config.SMTP_PORT}`;
  const mailer = createMailer(config, extras);
  const underWay = new Set<Promise<SendOutcome>>();
  const inWindow = windowed(config.SMTP_POOL_SIZE, windowAnswer);

  return {
    name,
    send(mail, options) {
      const labelledMail = labelled(mail, extras.idempotencyHeader);
      const attempt = inWindow(() => handOver(mailer, labelledMail, options), options).then(
        (outcome) => outcome ?? NOT_ITS_TURN,
      );
      underWay.add(attempt);
      return attempt.finally(() => underWay.delete(attempt));
    },
    async verify() {
      try {
        await mailer.verify();
      } catch (error) {
        const failure = meaning(error as SmtpFailure, false);
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

function createMailer(config: SmtpConfig, { dkim, tokens }: SmtpExtras) {
  const timeoutMs = config.SMTP_TIMEOUT_SECONDS * 1000;
  const mailer = nodemailer.createTransport({
    pool: true,
    host: config.SMTP_SERVER,
    port: config.SMTP_PORT,
    auth: login(config, tokens),
    dkim,
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
  if ('error' in result) return meaning(result.error, gate.written());
  const { response, rejected, rejectedErrors } = result.info;
  if (rejected.length > 0)
    return meaning(rejectedErrors?.[0] ?? { code: 'EENVELOPE' }, gate.written());
  if (!gate.written())
    return {
      outcome: 'unknown',
      reason: 'The mail server answered before the message was complete',
    };
  return { outcome: 'sent', response: redact(response) };
}

function login({ SMTP_USER: user, SMTP_PASSWORD: pass = '' }: SmtpConfig, tokens?: AccessTokens) {
  if (!user) return undefined;
  if (!tokens) return { user, pass };
  const provisionCallback: XOAuth2ProvisionCallback = (_user, renew, done) => {
    tokens(renew).then(
      ({ token, expires }) => done(null, token, expires),
      (error: Error) => done(error),
    );
  };
  return { type: 'OAuth2' as const, user, provisionCallback };
}

function meaning(failure: SmtpFailure, bodyWritten: boolean): SendOutcome {
  // The mail server was not even asked: the reason is the token server's.
  if (failure.originalCode === TOKEN_FAILURE)
    return { outcome: 'unavailable', reason: redact((failure as Error).message) };
  const outcome = classifyFailure(failure, bodyWritten);
  const trouble = smtpTrouble(failure);
  const blames = outcome.outcome === 'transient' || outcome.outcome === 'unknown';
  return blames && trouble ? { ...outcome, trouble } : outcome;
}

function labelled(mail: OutgoingMail, header?: string): OutgoingMail {
  return header ? { ...mail, headers: { ...mail.headers, [header]: mail.messageId } } : mail;
}

/** What the client is given for one mail; the gate travels with it to the `stream` step above. */
interface GatedMail extends SendMailOptions {
  gate: BodyGate;
}

function compose(mail: OutgoingMail, gate: BodyGate, signal?: AbortSignal): GatedMail {
  return { ...composed(mail), signal, gate };
}
