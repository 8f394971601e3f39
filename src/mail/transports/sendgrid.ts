import addressparser from 'nodemailer/lib/addressparser';
import type { Config } from '../../config.ts';
import type { OutgoingMail } from '../message.ts';
import type { Answer } from './http-exchange.ts';
import { commonMeaning, httpTransport, type MailApi } from './http-transport.ts';
import { redact } from './redact.ts';
import type { SendOutcome, Transport } from './transport.ts';

type SendGridConfig = Pick<
  Config,
  'SENDGRID_API_KEY' | 'SENDGRID_ENDPOINT' | 'SMTP_TIMEOUT_SECONDS' | 'EMAIL_IDEMPOTENCY_HEADER'
>;

/** Twilio SendGrid by its v3 Mail Send API. */
export function sendGridTransport(config: SendGridConfig): Transport {
  return httpTransport(sendGrid(config), config.SMTP_TIMEOUT_SECONDS * 1000);
}

function sendGrid(config: SendGridConfig): MailApi {
  const endpoint = new URL(config.SENDGRID_ENDPOINT);
  const headers = {
    accept: 'application/json',
    authorization: `Bearer ${config.SENDGRID_API_KEY ?? ''}`,
  };
  const idempotency = config.EMAIL_IDEMPOTENCY_HEADER;
  return {
    name: 'sendgrid',
    endpoint,
    settings: 'SENDGRID_API_KEY and SENDGRID_ENDPOINT',
    sendQuestion: async (mail) => ({
      method: 'POST',
      url: new URL('/v3/mail/send', endpoint),
      headers: {
        ...headers,
        'content-type': 'application/json',
        ...(idempotency && { [idempotency]: mail.messageId }),
      },
      body: Buffer.from(JSON.stringify(mailSendBody(mail))),
    }),
    verifyQuestion: () => ({
      method: 'GET',
      url: new URL('/v3/scopes', endpoint),
      headers,
      body: Buffer.alloc(0),
    }),
    meaning,
    fault: scopeFault,
  };
}

/** The JSON of `POST /v3/mail/send` for one mail to one person. */
function mailSendBody(mail: OutgoingMail) {
  const [sender] = addressparser(mail.from, { flatten: true });
  return {
    personalizations: [{ to: [{ email: mail.to }] }],
    from: { email: sender?.address ?? mail.from, ...(sender?.name && { name: sender.name }) },
    subject: mail.subject,
    content: [
      { type: 'text/plain', value: mail.text },
      ...(mail.html === null ? [] : [{ type: 'text/html', value: mail.html }]),
    ],
    headers: { ...mail.headers, 'Message-ID': mail.messageId },
    attachments: mail.attachments?.map(({ filename, contentType, content }) => ({
      filename,
      type: contentType,
      content: content.toString('base64'),
    })),
  };
}

/**
 * The API's documented answers: 202 queued, 400 and 413 a request that never will be accepted, 401 and
 * 403 a key, plan or sender that may not, 429 too many requests, 5xx trouble at the provider.
 */
function meaning(answer: Answer): SendOutcome {
  const { status, headers } = answer;
  if (status === 202)
    return { outcome: 'sent', response: redact(`202 ${headers['x-message-id'] ?? ''}`) };
  if (status === 400)
    return {
      outcome: 'permanent',
      reason: 'SendGrid refused the mail (400)',
      response: redact(answer.text),
    };
  const common = commonMeaning(answer, 'SENDGRID_API_KEY and the sender FROM_EMAIL');
  if (common?.outcome === 'unavailable' && status === 429)
    return { ...common, retryAfterMs: untilReset(answer) ?? common.retryAfterMs };
  return common ?? { outcome: 'unknown', reason: `SendGrid answered ${status} instead of 202` };
}

/** `X-RateLimit-Reset` is the second, since 1970, in which requests are free again. Milliseconds. */
function untilReset({ headers }: Answer): number | undefined {
  const waitMs = Number(headers['x-ratelimit-reset']) * 1000 - Date.now();
  return waitMs > 0 && waitMs < 3_600_000 ? waitMs : undefined;
}

function scopeFault({ status, text }: Answer): string | undefined {
  if (status !== 200) return `the key was not accepted (${status})`;
  return text.includes('"mail.send"') ? undefined : 'the key may not send mail (scope mail.send)';
}
