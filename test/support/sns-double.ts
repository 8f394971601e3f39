import { generateKeyPairSync, sign } from 'node:crypto';
import type { SnsMessage } from '../../src/mail/bounces/sns.ts';

/** Amazon SNS as far as signatures go: a key, its certificate, and messages signed with it. */

const der = (tag: number, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  const long = Buffer.from([0x82, body.length >> 8, body.length & 0xff]);
  const length = body.length < 128 ? Buffer.from([body.length]) : long;
  return Buffer.concat([Buffer.from([tag]), length, body]);
};
const sequence = (...items: Buffer[]) => der(0x30, ...items);
const utcTime = (date: Date) =>
  der(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
const SHA256_WITH_RSA = sequence(Buffer.from('06092a864886f70d01010b0500', 'hex'));
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const nameOf = (text: string) =>
  sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(text)))));

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A self-signed certificate (RFC 5280) of the key, as PEM. */
export function certificatePem(from: Date, to: Date): string {
  const name = nameOf('sns.amazonaws.com');
  const validity = sequence(utcTime(from), utcTime(to));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const serial = der(0x02, Buffer.from([1]));
  const content = sequence(serial, SHA256_WITH_RSA, name, validity, name, spki);
  const signature = der(0x03, Buffer.from([0]), sign('sha256', content, privateKey));
  const certificate = sequence(content, SHA256_WITH_RSA, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${certificate.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

export const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:mail-feedback';
export const snsPublicKey = publicKey;

/** A signed notification; `changes` are part of what is signed. */
export function signedBySns(Message: string, changes: object = {}): SnsMessage {
  const message = {
    Type: 'Notification',
    MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    TopicArn: TOPIC,
    Message,
    Timestamp: new Date().toISOString(),
    SignatureVersion: '2',
    SigningCertURL: 'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1a2b.pem',
    ...changes,
  } as Omit<SnsMessage, 'Signature'>;
  const unsigned = ['SignatureVersion', 'Signature', 'SigningCertURL', 'UnsubscribeURL'];
  const text = Object.entries(message)
    .filter(([name, value]) => !unsigned.includes(name) && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}\n${value}\n`)
    .join('');
  const digest = message.SignatureVersion === '1' ? 'sha1' : 'sha256';
  const Signature = sign(digest, Buffer.from(text), privateKey).toString('base64');
  return { ...message, Signature } as SnsMessage;
}

/** What SES publishes about a bounce. */
export const sesBounce = (emailAddress: string, changes: object = {}) =>
  JSON.stringify({
    notificationType: 'Bounce',
    bounce: {
      bounceType: 'Permanent',
      bounceSubType: 'General',
      bouncedRecipients: [
        {
          emailAddress,
          action: 'failed',
          status: '5.1.1',
          diagnosticCode: `550 no ${emailAddress}`,
        },
      ],
      timestamp: new Date().toISOString(),
      ...changes,
    },
    mail: { destination: [emailAddress] },
  });
