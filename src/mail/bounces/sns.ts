import { type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { NoticeError } from './notice.ts';

/** What Amazon SNS posts to an HTTP subscriber; unknown fields are left alone, as SNS may add some. */
const common = {
  MessageId: z.string(),
  TopicArn: z.string(),
  Message: z.string(),
  Timestamp: z.string(),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string(),
  SigningCertURL: z.string(),
};
const confirmation = { ...common, Token: z.string(), SubscribeURL: z.string() };
const snsMessage = z.discriminatedUnion('Type', [
  z.object({ ...common, Type: z.literal('Notification'), Subject: z.string().nullish() }),
  z.object({ ...confirmation, Type: z.literal('SubscriptionConfirmation') }),
  z.object({ ...confirmation, Type: z.literal('UnsubscribeConfirmation') }),
]);
export type SnsMessage = z.output<typeof snsMessage>;

/** The fields that are signed, in the order SNS signs them: by name. */
const SIGNED_FIELDS = [
  'Message',
  'MessageId',
  'Subject',
  'SubscribeURL',
  'Timestamp',
  'Token',
  'TopicArn',
  'Type',
];

/**
 * Reads a posted body.
 * @throws NoticeError where it is no SNS message
 */
export function readSnsMessage(body: Uint8Array): SnsMessage {
  try {
    return snsMessage.parse(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    throw new NoticeError('it is not a message of Amazon SNS');
  }
}

/** Whether the signature (version 1: SHA-1, version 2: SHA-256, both RSA) is by the holder of the key. */
export function isSignedBySns(message: SnsMessage, key: KeyObject): boolean {
  const fields = new Map(Object.entries(message));
  const signed = SIGNED_FIELDS.flatMap((name) => {
    const value = fields.get(name);
    return typeof value === 'string' ? [`${name}\n${value}\n`] : [];
  }).join('');
  const digest = message.SignatureVersion === '1' ? 'sha1' : 'sha256';
  return verify(digest, Buffer.from(signed), key, Buffer.from(message.Signature, 'base64'));
}

/** A region stands between, such as `us-gov-west-1`: `sns.s3-eu-west-1…` is a bucket that anybody may own. */
const SNS_HOST = /^sns\.[a-z]{2,}(-[a-z]+)+-\d{1,2}\.amazonaws\.com(\.cn)?$/;

/** An https address on a host of SNS, or null. Whatever else a message names is never asked. */
export function snsUrl(address: string): URL | null {
  const url = URL.canParse(address) ? new URL(address) : null;
  const plain = url?.protocol === 'https:' && !url.port && !url.username && !url.password;
  return plain && SNS_HOST.test(url.hostname) ? url : null;
}

/** The same for a signing certificate, which has a `.pem` name and nothing behind it. */
export function certificateUrl(address: string): URL | null {
  const url = snsUrl(address);
  return url && /^\/[\w-]+\.pem$/.test(url.pathname) && !url.search ? url : null;
}
