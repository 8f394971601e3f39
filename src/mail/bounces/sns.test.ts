import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { certificatePem, signedBySns, snsPublicKey } from '../../../test/support/sns-double.ts';
import { certificateUrl, isSignedBySns, readSnsMessage, snsUrl } from './sns.ts';
import { snsClient } from './sns-client.ts';

const DAY_MS = 24 * 3_600_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);
const confirmation = {
  Type: 'SubscriptionConfirmation',
  Token: 'token',
  SubscribeURL: 'https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription',
};

describe('signature of an SNS message', () => {
  it.each([
    ['version 1', { SignatureVersion: '1' }],
    ['version 2', {}],
    ['with a subject', { Subject: 'Grüße\nzwei' }],
    ['of a confirmation', confirmation],
  ])('is accepted, %s', (_what, changes) => {
    const posted = Buffer.from(JSON.stringify(signedBySns('a message', changes)));
    expect(isSignedBySns(readSnsMessage(posted), snsPublicKey)).toBe(true);
  });

  it('covers every field that counts', () => {
    const message = signedBySns('a message', confirmation);
    for (const field of ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn'])
      expect(isSignedBySns({ ...message, [field]: 'x' }, snsPublicKey), field).toBe(false);
    expect(isSignedBySns({ ...message, SignatureVersion: '1' }, snsPublicKey)).toBe(false);
    expect(isSignedBySns({ ...message, Signature: '' }, snsPublicKey)).toBe(false);
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(isSignedBySns(message, publicKey)).toBe(false);
  });

  it.each(['', '{}', '[]', 'null', '{"Type":"Notification"}'])('refuses to read %j', (body) => {
    expect(() => readSnsMessage(Buffer.from(body))).toThrow('not a message of Amazon SNS');
  });
});

describe('addresses an SNS message names', () => {
  it.each([
    'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem',
    'https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0.pem',
    'https://sns.us-gov-west-1.amazonaws.com/SimpleNotificationService-0.pem',
    'https://sns.us-isob-east-1.amazonaws.com/SimpleNotificationService-0.pem',
    'https://sns.ap-southeast-12.amazonaws.com/SimpleNotificationService-0.pem',
  ])('takes %s', (address) => {
    expect(certificateUrl(address)?.href).toBe(address);
  });

  it.each([
    'http://sns.us-east-1.amazonaws.com/a.pem',
    'https://sns.us-east-1.amazonaws.com.example.com/a.pem',
    'https://sns.us-east-1.amazonaws.com@example.com/a.pem',
    'https://example.com/sns.us-east-1.amazonaws.com/a.pem',
    'https://bucket.s3.amazonaws.com/a.pem',
    'https://sns.s3-eu-west-1.amazonaws.com/a.pem',
    'https://sns.s3-website-us-east-1.amazonaws.com/a.pem',
    'https://sns.s3-accelerate.amazonaws.com/a.pem',
    'https://xsns.us-east-1.amazonaws.com/a.pem',
    'https://sns.us-east-1.amazonaws.com:8443/a.pem',
    'https://user:pass@sns.us-east-1.amazonaws.com/a.pem',
    'file:///etc/passwd',
    'a.pem',
  ])('refuses %s', (address) => {
    expect(snsUrl(address)).toBeNull();
    expect(certificateUrl(address)).toBeNull();
  });

  it('takes only certificates for certificates', () => {
    const host = 'https://sns.us-east-1.amazonaws.com';
    for (const path of ['/', '/a.txt', '/a.pem?Action=Publish', '/a/b.pem', '/a.pem/'])
      expect(certificateUrl(host + path), path).toBeNull();
  });
});

describe('signing key', () => {
  const url = new URL('https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem');

  it('comes out of the certificate, which is fetched once', async () => {
    let asked = 0;
    const client = snsClient(async () => {
      asked += 1;
      return certificatePem(inDays(-1), inDays(1));
    });
    const message = signedBySns('a message');
    expect(isSignedBySns(message, await client.signingKey(url))).toBe(true);
    expect(isSignedBySns(message, await client.signingKey(url))).toBe(true);
    expect(asked).toBe(1);
  });

  it('is refused before and after its time, and where there is none', async () => {
    const answering = (text: string) => snsClient(async () => text).signingKey(url);
    await expect(answering(certificatePem(inDays(-9), inDays(-1)))).rejects.toThrow('not valid');
    await expect(answering(certificatePem(inDays(1), inDays(9)))).rejects.toThrow('not valid');
    await expect(answering('<html>')).rejects.toThrow();
  });

  it('asks again after a failure', async () => {
    const answers = ['broken', certificatePem(inDays(-1), inDays(1))];
    const client = snsClient(async () => answers.shift() ?? '');
    await expect(client.signingKey(url)).rejects.toThrow();
    expect(isSignedBySns(signedBySns('a message'), await client.signingKey(url))).toBe(true);
  });
});
