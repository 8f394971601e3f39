import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sendGridTransport } from '../../src/mail/transports/sendgrid.ts';
import type { SendOutcome, Transport } from '../../src/mail/transports/transport.ts';
import type { ApiFault, MailApiServer } from '../support/mail-api-server.ts';
import { refused, SENDGRID_KEY, startSendGrid } from '../support/sendgrid-server.ts';
import { freely, hugeMail, mail, send } from '../support/smtp-lab.ts';

let server: MailApiServer;
let over: Transport;
const to = (change: Partial<Parameters<typeof sendGridTransport>[0]> = {}) =>
  sendGridTransport({
    SENDGRID_API_KEY: SENDGRID_KEY,
    SENDGRID_ENDPOINT: server.url,
    SMTP_TIMEOUT_SECONDS: 5,
    EMAIL_IDEMPOTENCY_HEADER: undefined,
    ...change,
  });

beforeEach(async () => {
  server = await startSendGrid();
  over = to();
});
afterEach(async () => {
  await server.close();
  await over.close();
});

const sent = (index = 0) => JSON.parse(server.requests[index]?.body ?? '{}');

describe('a mail for SendGrid', () => {
  it('has everything that the mail has', async () => {
    const content = Buffer.from('column;value\n');
    const given = mail({
      subject: 'Größe ✓',
      headers: { 'Auto-Submitted': 'auto-generated' },
      attachments: [{ filename: 'files.csv', contentType: 'text/csv', content }],
    });
    expect(await send(over, given)).toEqual({ outcome: 'sent', response: '202 sg-1' });
    expect(sent()).toEqual({
      personalizations: [{ to: [{ email: 'nadia@example.org' }] }],
      from: { email: 'tidings@example.com', name: 'Tidings' },
      subject: 'Größe ✓',
      content: [
        { type: 'text/plain', value: given.text },
        { type: 'text/html', value: given.html },
      ],
      headers: { 'Auto-Submitted': 'auto-generated', 'Message-ID': given.messageId },
      attachments: [
        { filename: 'files.csv', type: 'text/csv', content: content.toString('base64') },
      ],
    });
  });

  it('goes without HTML, and without a name, where there is none', async () => {
    await send(over, mail({ html: null, from: 'tidings@example.com' }));
    expect(sent().content).toHaveLength(1);
    expect(sent().from).toEqual({ email: 'tidings@example.com' });
  });

  it('is known by its Message-ID in the header that the configuration names', async () => {
    const given = mail();
    await send(to({ EMAIL_IDEMPOTENCY_HEADER: 'Idempotency-Key' }), given);
    await send(over);
    const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual([given.messageId, undefined]);
  });

  it('shares connections with the mails before it', async () => {
    for (const _ of [1, 2, 3]) await send(over);
    expect(server.connections).toBe(1);
  });
});

describe('what SendGrid answers', () => {
  it.each<[number, SendOutcome['outcome']]>([
    [200, 'unknown'],
    [301, 'unavailable'],
    [400, 'permanent'],
    [401, 'unavailable'],
    [403, 'unavailable'],
    [404, 'unavailable'],
    [405, 'unavailable'],
    [406, 'unavailable'],
    [408, 'transient'],
    [413, 'permanent'],
    [415, 'unavailable'],
    [429, 'unavailable'],
    [500, 'transient'],
    [502, 'unknown'],
    [503, 'transient'],
    [504, 'unknown'],
  ])('%i is %s', async (status, outcome) => {
    server.faults = [refused(status, 'to <nadia@example.org> nadia@example.org')];
    const result = await send(over);
    expect(result).toMatchObject({ outcome });
    expect(JSON.stringify(result)).not.toContain('@');
    expect('trouble' in result).toBe(status >= 500);
    expect(await send(over)).toMatchObject({ outcome: 'sent' });
  });

  it.each<[Record<string, string>, number, number]>([
    [{ 'retry-after': '7' }, 7000, 7000],
    [{ 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 30) }, 20_000, 30_000],
    [{ 'x-ratelimit-reset': 'soon' }, 1000, 1000],
    [{}, 1000, 1000],
  ])('429 with %o says when to ask again', async (headers, least, most) => {
    server.faults = [{ ...refused(429, 'too many requests'), headers }];
    const result = await send(over);
    const { retryAfterMs = 0 } = result.outcome === 'unavailable' ? result : {};
    expect(retryAfterMs).toBeGreaterThanOrEqual(least);
    expect(retryAfterMs).toBeLessThanOrEqual(most);
  });
});

describe('a provider that gives no answer', () => {
  it.each<[string, ApiFault, SendOutcome]>([
    ['cut before the body was read', { early: true }, { outcome: 'transient', reason: '' }],
    ['cut after the whole request', { drop: true }, { outcome: 'unknown', reason: '' }],
    ['silent after the whole request', { hang: true }, { outcome: 'unknown', reason: '' }],
  ])('%s', async (_what, fault, { outcome }) => {
    server.faults = [fault];
    // Only a silence has to end by itself, and not before a slow machine has sent the whole request.
    const impatient = to({ SMTP_TIMEOUT_SECONDS: fault.hang ? 2 : 30 });
    const trouble = fault.hang ? 'timed-out' : 'failed';
    expect(await send(impatient, hugeMail())).toMatchObject({ outcome, trouble });
    expect(await send(impatient)).toMatchObject({ outcome: 'sent' });
    await impatient.close();
  });

  it('because nobody listens, or nobody has that name, leaves the mail free', async () => {
    const beforeBody = vi.fn(async () => {});
    await server.close();
    expect(await over.send(mail(), { beforeBody })).toMatchObject({
      outcome: 'transient',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    const nowhere = to({ SENDGRID_ENDPOINT: 'http://sendgrid.invalid' });
    expect(await nowhere.send(mail(), { beforeBody })).toMatchObject({ outcome: 'transient' });
    expect(beforeBody).not.toHaveBeenCalled();
  });

  it('is left by who is called off, and not blamed for it', async () => {
    server.faults = [{ hang: true }];
    const leaving = new AbortController();
    const sending = over.send(mail(), { ...freely, signal: leaving.signal });
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    leaving.abort();
    const result = await sending;
    expect(result).toMatchObject({ outcome: 'unknown' });
    expect(result).not.toHaveProperty('trouble');
    const signal = AbortSignal.abort();
    expect(await over.send(mail(), { ...freely, signal })).toMatchObject({ outcome: 'transient' });
    expect(server.requests).toHaveLength(1);
  });

  it('to the rest, because it answered before, does not get the rest', async () => {
    server.faults = [
      { early: true, ...refused(413, 'too large') },
      { early: true, status: 202 },
    ];
    expect(await send(over, hugeMail())).toMatchObject({ outcome: 'permanent' });
    expect(await send(over, hugeMail())).toMatchObject({ outcome: 'unknown' });
    expect(server.requests).toEqual([]);
  });
});

describe('the hand-over', () => {
  it('is asked for when the connection stands, before a byte has left', async () => {
    let release = () => {};
    const beforeBody = vi.fn(() => new Promise<void>((resolve) => (release = resolve)));
    const sending = over.send(mail(), { beforeBody });
    await vi.waitFor(() => expect(beforeBody).toHaveBeenCalled());
    await vi.waitFor(() => expect(server.connections).toBe(1));
    expect(server.bytes()).toBe(0);
    release();
    expect(await sending).toMatchObject({ outcome: 'sent' });
    expect(beforeBody).toHaveBeenCalledTimes(1);
  });

  it('that is refused leaves nothing there, and comes back as it was', async () => {
    const lost = new Error('the lease is lost');
    await expect(over.send(mail(), { beforeBody: () => Promise.reject(lost) })).rejects.toBe(lost);
    expect(server.bytes()).toBe(0);
    expect(await send(over)).toMatchObject({ outcome: 'sent' });
  });
});

describe('verifying', () => {
  it('takes a key that may send', async () => {
    await expect(over.verify()).resolves.toBeUndefined();
    server.faults = [{ status: 200, body: { scopes: ['stats.read'] } }];
    await expect(over.verify()).rejects.toThrow(/mail\.send/);
    await expect(to({ SENDGRID_API_KEY: 'another' }).verify()).rejects.toThrow(/SENDGRID_API_KEY/);
    await server.close();
    await expect(over.verify()).rejects.toThrow(/sendgrid: EC.*SENDGRID_ENDPOINT/);
  });
});
