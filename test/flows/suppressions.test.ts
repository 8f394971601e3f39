import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bounceMail, complaintMail } from '../support/report-mails.ts';
import { sesBounce, signedBySns, snsPublicKey, TOPIC } from '../support/sns-double.ts';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Bounces and complaints stop further mail; operators see it and can lift it. */

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
let system: System;
let confirmed: string[];
beforeAll(async () => {
  system = await startSystem({
    env: {
      SES_SNS_TOPIC_ARNS: TOPIC,
      SENDGRID_WEBHOOK_PUBLIC_KEY: publicKey
        .export({ type: 'spki', format: 'der' })
        .toString('base64'),
    },
  });
});
afterAll(() => system.stop());
beforeEach(() => {
  confirmed = [];
  system.deps.sns = {
    signingKey: async () => snsPublicKey,
    confirm: async (url) => {
      confirmed.push(url.href);
    },
  };
});

async function post(path: string, sent: string, headers: Record<string, string>) {
  const response = await fetch(system.url + path, { method: 'POST', body: sent, headers });
  const body = (await response.json()) as { data: { notices: number } };
  return { status: response.status, body };
}
const ses = (message: object) =>
  post('/webhooks/ses', JSON.stringify(message), { 'content-type': 'text/plain; charset=UTF-8' });
const bounces = (mail: string, key = system.deps.config.INGESTION_SERVICE_API_KEY[0]) =>
  post('/webhooks/bounces', mail, {
    'content-type': 'message/rfc822',
    authorization: `Bearer ${key}`,
  });
function sendGrid(events: object[], at = new Date()) {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const body = JSON.stringify(events);
  return post('/webhooks/sendgrid', body, {
    'content-type': 'application/json',
    'X-Twilio-Email-Event-Webhook-Timestamp': timestamp,
    'X-Twilio-Email-Event-Webhook-Signature': sign(
      'sha256',
      Buffer.from(timestamp + body),
      privateKey,
    ).toString('base64'),
  });
}

/** Somebody who has had a mail. */
async function reader(): Promise<string> {
  const email = person();
  await report(email);
  await system.mails(email);
  return email;
}
async function report(email: string): Promise<void> {
  await system.push(event(email, documentId()));
  await system.applied();
  await system.makeDue(email);
}
const suppressions = async (email: string) =>
  (await system.call('GET', `/api/suppressions?email=${email}&active=true`)).body.data;
const TAKEN = { status: 200, body: { data: { notices: 1, suppressed: 1 } } };
const KNOWN = { status: 200, body: { data: { notices: 1, suppressed: 0 } } };

describe('a hard bounce', () => {
  it('stops further mail until an operator lifts it, also when told again', async () => {
    const ada = await reader();
    const notice = signedBySns(sesBounce(ada));
    expect(await ses(notice)).toEqual(TAKEN);
    expect(await ses(notice)).toEqual(KNOWN);
    const [row] = await suppressions(ada);
    expect(row).toMatchObject({ email: ada, reason: 'hard_bounce', source: 'ses' });
    expect(row.detail).toContain('<address>');

    await report(ada);
    const mail = await until('the mail is suppressed', async () => {
      const { body } = await system.call('GET', `/api/emails?user_email=${ada}`);
      return body.data[0]?.send_status === 'suppressed' && body.data[0];
    });
    expect(mail.suppressed_reason).toBe('address_suppressed');

    for (const _twice of [1, 2]) {
      const lifted = await system.call('DELETE', `/api/suppressions/${row.id}`);
      expect(lifted).toMatchObject({ status: 200, body: { data: { id: row.id } } });
      expect(lifted.body.data.lifted_at).toBeTruthy();
    }
    expect(await ses(notice)).toEqual(KNOWN);
    expect(await suppressions(ada)).toEqual([]);
    await report(ada);
    await system.mails(ada, 2);
    expect((await ses(signedBySns(sesBounce(ada)))).body).toEqual(TAKEN.body);
  });

  it('is taken from SendGrid and from a mail to the bounce address', async () => {
    const [ada, ben, cy] = [await reader(), await reader(), await reader()];
    expect(await sendGrid([{ email: ada, event: 'bounce', type: 'bounce' }])).toEqual(TAKEN);
    const nowBounced = bounceMail(ben).replace(
      'Sun, 1 Mar 2026 12:00:00',
      new Date().toUTCString(),
    );
    expect(await bounces(nowBounced)).toEqual(TAKEN);
    expect(await bounces(complaintMail(cy, 'Feedback-Type: abuse'))).toEqual(TAKEN);
    expect(await suppressions(ada)).toMatchObject([{ source: 'sendgrid', reason: 'hard_bounce' }]);
    expect(await suppressions(ben)).toMatchObject([{ source: 'dsn', reason: 'hard_bounce' }]);
    expect(await suppressions(cy)).toMatchObject([{ source: 'dsn', reason: 'complaint' }]);
  });

  it('counts although the record of the mail lags behind', async () => {
    const ada = await reader();
    await until('the mail is recorded as sent', async () => {
      const rows = await system.deps.db.sql`
        update email_notification_log set send_status = 'sending', sent_at = null,
          lease_expires_at = now() + interval '1 hour'
        where recipient_email = ${ada} and send_status = 'sent' returning 1`;
      return rows.length > 0;
    });
    expect(await ses(signedBySns(sesBounce(ada)))).toEqual(TAKEN);
  });

  it('suppresses nobody we have not written to within 30 days, and nothing that may pass', async () => {
    expect(await ses(signedBySns(sesBounce(person())))).toEqual(KNOWN);
    const ada = await reader();
    expect((await bounces(bounceMail(ada, '4.2.2'))).body.data.notices).toBe(0);
    await until('the mail is recorded as sent', async () => {
      const rows = await system.deps.db.sql`
        update email_notification_log set sent_at = now() - interval '31 days'
        where recipient_email = ${ada} and send_status = 'sent' returning 1`;
      return rows.length > 0;
    });
    expect(await ses(signedBySns(sesBounce(ada)))).toEqual(KNOWN);
    expect(await suppressions(ada)).toEqual([]);
  });
});

describe('a message that proves nothing', () => {
  it('of SNS is refused: signature, topic, address of the certificate', async () => {
    const ada = await reader();
    const good = signedBySns(sesBounce(ada));
    expect((await ses({ ...good, Message: sesBounce(person()) })).status).toBe(401);
    expect((await ses(signedBySns(sesBounce(ada), { TopicArn: `${TOPIC}x` }))).status).toBe(403);
    const SigningCertURL = 'https://example.com/SimpleNotificationService-1.pem';
    expect((await ses({ ...good, SigningCertURL })).status).toBe(401);
    system.deps.sns.signingKey = () => Promise.reject(new Error('not reachable'));
    expect((await ses(good)).status).toBe(503);
    expect((await ses({})).status).toBe(400);
    expect(await suppressions(ada)).toEqual([]);
  });

  it('of SendGrid is refused: signature, age', async () => {
    const events = [{ email: await reader(), event: 'bounce' }];
    expect((await sendGrid(events, new Date(Date.now() - 6 * 60_000))).status).toBe(401);
    const unsigned = { 'content-type': 'application/json' };
    const answer = await post('/webhooks/sendgrid', JSON.stringify(events), unsigned);
    expect(answer.status).toBe(401);
  });

  it('of anybody without a key, of another type, empty or unreadable is refused', async () => {
    const mail = bounceMail(person());
    expect((await bounces(mail, 'nobody')).status).toBe(401);
    expect((await bounces('')).status).toBe(400);
    expect((await bounces('garbage')).status).toBe(400);
    const headers = { authorization: `Bearer ${system.deps.config.ADMIN_API_KEY[0]}` };
    const json = { ...headers, 'content-type': 'application/json' };
    expect((await post('/webhooks/bounces', mail, json)).status).toBe(415);
    const large = `${mail}${'x'.repeat(6 * 1024 * 1024)}`;
    expect((await bounces(large)).status).toBe(413);
  });
});

it('confirms subscriptions of its topics at Amazon, and no others', async () => {
  const subscription = {
    Type: 'SubscriptionConfirmation',
    Token: 'token',
    SubscribeURL: 'https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=token',
  };
  expect((await ses(signedBySns('confirm', subscription))).status).toBe(200);
  expect(confirmed).toEqual([subscription.SubscribeURL]);
  const elsewhere = { ...subscription, SubscribeURL: 'https://example.com/' };
  expect((await ses(signedBySns('confirm', elsewhere))).status).toBe(401);
  const foreign = { ...subscription, TopicArn: 'arn:aws:sns:eu-central-1:1:other' };
  expect((await ses(signedBySns('confirm', foreign))).status).toBe(403);
  expect(confirmed).toHaveLength(1);
});

describe('operators', () => {
  it('suppress an address before it ever had mail, and see the list', async () => {
    const ada = person();
    const body = { email: ada.toUpperCase() };
    expect(await system.call('POST', '/api/suppressions', body)).toMatchObject({
      status: 201,
      body: { data: { email: ada, reason: 'manual', source: 'operator' } },
    });
    expect((await system.call('POST', '/api/suppressions', body)).status).toBe(200);
    const page = (await system.call('GET', '/api/suppressions?limit=1')).body;
    expect(page.data).toMatchObject([{ email: ada }]);
    expect(page.next_cursor).toEqual(expect.any(String));
    const { body: lifted } = await system.call('GET', '/api/suppressions?active=false');
    expect(lifted.data.every((row: { lifted_at: string | null }) => row.lifted_at)).toBe(true);
  });

  it('get clear answers to bad requests; producers none', async () => {
    const producer = system.deps.config.INGESTION_SERVICE_API_KEY[0];
    for (const [method, path] of [
      ['GET', '/api/suppressions'],
      ['POST', '/api/suppressions'],
      ['DELETE', '/api/suppressions/1'],
    ] as const)
      expect((await system.call(method, path, undefined, producer)).status).toBe(403);
    expect((await system.call('POST', '/api/suppressions', { email: 'x' })).status).toBe(400);
    expect((await system.call('DELETE', '/api/suppressions/999999')).status).toBe(404);
    expect((await system.call('DELETE', '/api/suppressions/x')).status).toBe(400);
    expect((await system.call('GET', '/api/suppressions?active=maybe')).status).toBe(400);
  });
});
