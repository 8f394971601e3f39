import { z } from 'zod';
import type { DeliveryNotice, SuppressionSource } from '../contracts/suppressions.ts';
import { suppressReported } from '../db/queries/suppressions.ts';
import type { Deps } from '../deps.ts';
import { NoticeError } from '../mail/bounces/notice.ts';
import { reportNotices } from '../mail/bounces/report-mail.ts';
import { isSignedBySendGrid, sendGridNotices } from '../mail/bounces/sendgrid.ts';
import { sesNotices } from '../mail/bounces/ses.ts';
import {
  certificateUrl,
  isSignedBySns,
  readSnsMessage,
  type SnsMessage,
  snsUrl,
} from '../mail/bounces/sns.ts';
import { HttpProblem, notFound } from './problem.ts';
import { type Answer, route } from './route.ts';

/** Bounces and complaints, as providers report them. Telling one twice changes nothing. */

const bytes = z.instanceof(Uint8Array, { error: 'is empty' });
const counts = z.object({ data: z.object({ notices: z.number(), suppressed: z.number() }) });
const answers = {
  200: { description: 'Taken: bounces and complaints found, addresses suppressed', schema: counts },
};
const unsigned = { 401: { description: 'Not signed by the provider' } };
const away = { 503: { description: 'The database does not answer; send it again later' } };
const unauthentic = (why: string) => new HttpProblem(401, 'Unauthorized', why);

/** What cannot be read is the sender's fault. */
async function read<Content>(work: () => Content | Promise<Content>): Promise<Content> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NoticeError)) throw error;
    throw new HttpProblem(400, 'Invalid request', `The body cannot be used: ${error.message}.`);
  }
}

async function suppress(
  deps: Deps,
  notices: DeliveryNotice[],
  source: Exclude<SuppressionSource, 'operator'>,
): Promise<Answer> {
  const suppressed = await suppressReported(deps.db.sql, notices, source);
  if (suppressed > 0) deps.log.info({ source, suppressed }, 'addresses get no more mail');
  return { status: 200, body: { data: { notices: notices.length, suppressed } } };
}

/** Only configured topics, and only by a key whose certificate SNS itself serves. */
async function authenticate(deps: Deps, message: SnsMessage): Promise<void> {
  if (!deps.config.SES_SNS_TOPIC_ARNS.includes(message.TopicArn))
    throw new HttpProblem(403, 'Forbidden', 'The topic is not one of SES_SNS_TOPIC_ARNS.');
  const url = certificateUrl(message.SigningCertURL);
  if (!url) throw unauthentic('The signing certificate is not at an address of Amazon SNS.');
  const key = await deps.sns.signingKey(url).catch((error: unknown) => {
    deps.log.warn({ err: error }, 'the signing certificate of an SNS message is not to be had');
    throw new HttpProblem(
      503,
      'Service unavailable',
      'The signing certificate could not be fetched; send the message again later.',
      { headers: { 'Retry-After': '30' } },
    );
  });
  if (!isSignedBySns(message, key)) throw unauthentic('The signature of the message is not valid.');
}

async function confirm(deps: Deps, address: string): Promise<Answer> {
  const url = snsUrl(address);
  if (!url) throw unauthentic('The address to confirm at is not one of Amazon SNS.');
  await deps.sns.confirm(url).catch((error: unknown) => {
    deps.log.warn({ err: error }, 'an SNS subscription could not be confirmed');
    throw new HttpProblem(503, 'Service unavailable', 'Amazon SNS did not take the confirmation.');
  });
  deps.log.info({}, 'a subscription to an SNS topic is confirmed');
  return { status: 200, body: { data: { notices: 0, suppressed: 0 } } };
}

export const bounceRoutes = [
  route({
    method: 'post',
    path: '/webhooks/ses',
    access: 'open',
    tag: 'Bounces',
    summary: 'Bounces and complaints of Amazon SES, by an SNS topic; signed by SNS',
    body: bytes,
    unparsed: ['text/plain', 'application/json'],
    answers: {
      ...answers,
      ...unsigned,
      403: { description: 'The topic is not one of SES_SNS_TOPIC_ARNS' },
      503: { description: 'The database or Amazon SNS does not answer; send it again later' },
    },
    handle: async ({ deps, body }) => {
      const message = await read(() => readSnsMessage(body));
      await authenticate(deps, message);
      if (message.Type === 'SubscriptionConfirmation') return confirm(deps, message.SubscribeURL);
      const told = message.Type === 'Notification';
      return suppress(deps, told ? await read(() => sesNotices(message.Message)) : [], 'ses');
    },
  }),
  route({
    method: 'post',
    path: '/webhooks/sendgrid',
    access: 'open',
    tag: 'Bounces',
    summary: "SendGrid's event webhook; signed by SendGrid",
    body: bytes,
    unparsed: ['application/json'],
    answers: {
      ...answers,
      ...unsigned,
      ...away,
      404: { description: 'SENDGRID_WEBHOOK_PUBLIC_KEY is not set' },
    },
    handle: async ({ deps, body, request }) => {
      const key = deps.config.SENDGRID_WEBHOOK_PUBLIC_KEY;
      if (!key) throw notFound('SendGrid webhook here: SENDGRID_WEBHOOK_PUBLIC_KEY is not set');
      const header = (name: string) => request.get(`X-Twilio-Email-Event-Webhook-${name}`) ?? '';
      const proof = { timestamp: header('Timestamp'), signature: header('Signature') };
      if (!isSignedBySendGrid(body, proof, key, new Date()))
        throw unauthentic('The signature is not valid, or is older than five minutes.');
      const { notices, odd } = await read(() => sendGridNotices(body));
      if (odd > 0) deps.log.warn({ odd }, 'events of SendGrid were not understood; passed over');
      return suppress(deps, notices, 'sendgrid');
    },
  }),
  route({
    method: 'post',
    path: '/webhooks/bounces',
    access: 'producer',
    tag: 'Bounces',
    summary: 'A mail that came to the bounce address, as it is: RFC 3464 or RFC 5965',
    body: bytes,
    unparsed: ['message/rfc822'],
    answers,
    handle: async ({ deps, body }) => suppress(deps, await read(() => reportNotices(body)), 'dsn'),
  }),
];
