import PostalMime from 'postal-mime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sesTransport } from '../../src/mail/transports/ses.ts';
import type { SendOutcome, Transport } from '../../src/mail/transports/transport.ts';
import type { ApiFault, MailApiServer } from '../support/mail-api-server.ts';
import { error, rawMessage, SES_KEYS, startSes } from '../support/ses-server.ts';
import { hugeMail, mail, send } from '../support/smtp-lab.ts';

let server: MailApiServer;
let over: Transport;
const to = (change: Partial<Parameters<typeof sesTransport>[0]> = {}) =>
  sesTransport({
    ...SES_KEYS,
    AWS_SESSION_TOKEN: undefined,
    AWS_REGION: 'us-east-1',
    SES_REGION: 'eu-central-1',
    SES_ENDPOINT: server.url,
    SMTP_TIMEOUT_SECONDS: 5,
    EMAIL_IDEMPOTENCY_HEADER: undefined,
    ...change,
  });

beforeEach(async () => {
  server = await startSes();
  over = to();
});
afterEach(async () => {
  await server.close();
  await over.close();
});

describe('a mail for SES', () => {
  it('is the same message that SMTP would get, signed for the region', async () => {
    const content = new TextEncoder().encode('column;value\n');
    const given = mail({
      subject: 'Größe ✓',
      headers: { 'Auto-Submitted': 'auto-generated' },
      attachments: [
        { filename: 'files.csv', contentType: 'text/csv', content: Buffer.from(content) },
      ],
    });
    expect(await send(over, given)).toEqual({ outcome: 'sent', response: '200 0100-ses-1' });
    const [request] = server.requests;
    expect(request?.headers.authorization).toContain('/eu-central-1/ses/aws4_request');
    const seen = await PostalMime.parse(rawMessage(request!));
    expect(seen).toMatchObject({
      messageId: given.messageId,
      subject: given.subject,
      html: expect.stringContaining('Three files are ready.'),
      text: expect.stringContaining('..and a line of dots'),
      to: [{ address: given.to }],
      from: { address: 'tidings@example.com', name: 'Tidings' },
    });
    expect(seen.headers).toContainEqual(
      expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
    );
    expect(seen.attachments).toMatchObject([{ filename: 'files.csv' }]);
    expect(new Uint8Array(seen.attachments[0]?.content as ArrayBuffer)).toEqual(content);
  });

  it('goes to one recipient, in ASCII', async () => {
    await send(over, mail({ to: 'nadia@münchen.example' }));
    expect(JSON.parse(server.requests[0]?.body ?? '').Destination).toEqual({
      ToAddresses: ['nadia@xn--mnchen-3ya.example'],
    });
  });

  it('carries the session token and the idempotency header under the signature', async () => {
    const temporary = to({ AWS_SESSION_TOKEN: 'token', EMAIL_IDEMPOTENCY_HEADER: 'X-Once' });
    const given = mail();
    expect(await send(temporary, given)).toMatchObject({ outcome: 'sent' });
    expect(server.requests[0]?.headers).toMatchObject({
      'x-once': given.messageId,
      'x-amz-security-token': 'token',
      authorization: expect.stringContaining('x-once'),
    });
    await temporary.close();
  });
});

describe('what SES answers', () => {
  it.each<[number, string, SendOutcome['outcome'], boolean]>([
    [429, 'TooManyRequestsException', 'unavailable', false],
    [400, 'ThrottlingException', 'unavailable', false],
    [400, 'LimitExceededException', 'unavailable', false],
    [400, 'SendingPausedException', 'unavailable', false],
    [400, 'AccountSuspendedException', 'unavailable', false],
    [400, 'MailFromDomainNotVerifiedException', 'unavailable', false],
    [404, 'NotFoundException', 'unavailable', false],
    [400, 'MessageRejected', 'permanent', false],
    [400, 'BadRequestException', 'permanent', false],
    [413, 'RequestEntityTooLarge', 'permanent', false],
    [403, 'AccessDeniedException', 'unavailable', false],
    [403, 'ExpiredTokenException', 'unavailable', false],
    [403, 'UnrecognizedClientException', 'unavailable', false],
    [400, 'IncompleteSignatureException', 'unavailable', false],
    [500, 'InternalServiceErrorException', 'transient', true],
    [503, 'ServiceUnavailable', 'transient', true],
    [502, '', 'unknown', true],
    [504, '', 'unknown', true],
    [307, '', 'unavailable', false],
  ])('%i %s is %s', async (status, name, outcome, isTrouble) => {
    server.faults = [error(status, name, 'Address nadia@example.org is not verified')];
    const result = await send(over);
    expect(result).toMatchObject({ outcome });
    expect('trouble' in result).toBe(isTrouble);
    expect(JSON.stringify(result)).not.toContain('@');
    expect(await send(over)).toMatchObject({ outcome: 'sent' });
  });

  it('is understood when the name of the error stands in the body', async () => {
    const body = { __type: 'com.amazonaws.sesv2#MessageRejected', message: 'virus' };
    server.faults = [{ status: 400, body }];
    expect(await send(over)).toEqual({
      outcome: 'permanent',
      reason: 'SES refused the mail (MessageRejected)',
      response: 'MessageRejected virus',
    });
  });

  it('says when to ask again after too many requests', async () => {
    server.faults = [error(429, 'TooManyRequestsException')];
    expect(await send(over)).toMatchObject({ retryAfterMs: 1000 });
  });
});

describe('SES when no answer comes', () => {
  it.each<[ApiFault, string]>([
    [{ early: true }, 'transient'],
    [{ drop: true }, 'unknown'],
    [{ hang: true }, 'unknown'],
  ])('%o is %s', async (fault, outcome) => {
    server.faults = [fault];
    const impatient = to({ SMTP_TIMEOUT_SECONDS: 0.5 });
    expect(await send(impatient, hugeMail())).toMatchObject({ outcome });
    await impatient.close();
  });
});

describe('credentials', () => {
  it('that are wrong stop the transport, not the mail', async () => {
    const wrong = to({ AWS_SECRET_ACCESS_KEY: 'another' });
    expect(await send(wrong)).toMatchObject({
      outcome: 'unavailable',
      reason: expect.stringContaining('InvalidSignatureException'),
    });
    await expect(wrong.verify()).rejects.toThrow(/InvalidSignatureException.*AWS credentials/);
    await wrong.close();
  });

  it('that may only send are right enough', async () => {
    await expect(over.verify()).resolves.toBeUndefined();
    server.faults = [error(403, 'AccessDeniedException')];
    await expect(over.verify()).resolves.toBeUndefined();
  });
});
