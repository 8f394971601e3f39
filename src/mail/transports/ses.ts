import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Config } from '../../config.ts';
import { composed, type OutgoingMail } from '../message.ts';
import type { Question } from './http-exchange.ts';
import { httpTransport, type MailApi } from './http-transport.ts';
import { accountFault, sesMeaning } from './ses-answers.ts';
import type { Transport } from './transport.ts';

type SesConfig = Pick<
  Config,
  | 'SES_REGION'
  | 'SES_ENDPOINT'
  | 'AWS_REGION'
  | 'AWS_ACCESS_KEY_ID'
  | 'AWS_SECRET_ACCESS_KEY'
  | 'AWS_SESSION_TOKEN'
  | 'SMTP_TIMEOUT_SECONDS'
  | 'EMAIL_IDEMPOTENCY_HEADER'
>;

/**
 * Amazon SES by its v2 API, with the same MIME message that SMTP would get. SES itself replaces
 * `Message-ID` and `Date` and signs with its own DKIM keys. Without keys in the configuration the
 * credentials come from where AWS clients usually find them.
 */
export function sesTransport(config: SesConfig): Transport {
  return httpTransport(ses(config), config.SMTP_TIMEOUT_SECONDS * 1000);
}

function ses(config: SesConfig): MailApi {
  const region = config.SES_REGION ?? config.AWS_REGION;
  const endpoint = new URL(config.SES_ENDPOINT ?? `https://email.${region}.amazonaws.com`);
  const idempotency = config.EMAIL_IDEMPOTENCY_HEADER?.toLowerCase();
  return {
    name: `ses ${region}`,
    endpoint,
    settings: 'SES_REGION and the AWS credentials',
    sendQuestion: async (mail) => ({
      method: 'POST',
      url: new URL('/v2/email/outbound-emails', endpoint),
      headers: {
        'content-type': 'application/json',
        ...(idempotency && { [idempotency]: mail.messageId }),
      },
      body: Buffer.from(JSON.stringify(await sendEmailBody(mail))),
    }),
    verifyQuestion: () => ({
      method: 'GET',
      url: new URL('/v2/email/account', endpoint),
      headers: {},
      body: Buffer.alloc(0),
    }),
    sign: signer(config, region),
    meaning: sesMeaning,
    fault: accountFault,
  };
}

/** The JSON of `SendEmail` with `Content.Raw`; the recipient's domain is ASCII there. */
async function sendEmailBody(mail: OutgoingMail) {
  const message = new MailComposer(composed(mail)).compile();
  const raw = await message.build();
  return {
    Destination: { ToAddresses: message.getEnvelope().to },
    Content: { Raw: { Data: raw.toString('base64') } },
  };
}

/** AWS Signature Version 4. */
function signer(config: SesConfig, region: string): (question: Question) => Promise<Question> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = config;
  const signature = new SignatureV4({
    service: 'ses',
    region,
    sha256: Sha256,
    credentials:
      accessKeyId && secretAccessKey
        ? { accessKeyId, secretAccessKey, sessionToken: config.AWS_SESSION_TOKEN }
        : defaultProvider(),
  });
  return async (question) => {
    const { method, url, headers, body } = question;
    const { headers: signed } = await signature.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      headers: { ...headers, host: url.host },
      body,
    });
    return { ...question, headers: signed };
  };
}
