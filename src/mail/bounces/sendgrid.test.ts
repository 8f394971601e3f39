import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isSignedBySendGrid, sendGridNotices } from './sendgrid.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KEY = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
const NOW = new Date('2026-03-01T12:00:00Z');
const body = Buffer.from('[{"email":"ann@example.org","event":"bounce"}]\r\n');

function proofAt(date: Date, content = body) {
  const timestamp = String(Math.floor(date.getTime() / 1000));
  const signed = Buffer.concat([Buffer.from(timestamp), content]);
  return { timestamp, signature: sign('sha256', signed, privateKey).toString('base64') };
}
const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000);

describe('signature of SendGrid', () => {
  it('is accepted over timestamp and raw body', () => {
    expect(isSignedBySendGrid(body, proofAt(NOW), KEY, NOW)).toBe(true);
  });

  it('is refused for another body, timestamp or key, and for none', () => {
    const proof = proofAt(NOW);
    const check = (changed: Partial<typeof proof>, content = body, key = KEY) =>
      isSignedBySendGrid(content, { ...proof, ...changed }, key, NOW);
    expect(check({}, Buffer.from(body.toString().trim()))).toBe(false);
    expect(check({ timestamp: String(Number(proof.timestamp) + 1) })).toBe(false);
    for (const timestamp of ['', 'now', '-1', 'NaN', '1e9'])
      expect(check({ timestamp })).toBe(false);
    for (const signature of ['', 'AAAA', '%']) expect(check({ signature })).toBe(false);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const otherKey = other.export({ type: 'spki', format: 'der' }).toString('base64');
    expect(check({}, body, otherKey)).toBe(false);
  });

  it('counts for five minutes', () => {
    for (const at of [-4.9, 4.9])
      expect(isSignedBySendGrid(body, proofAt(minutes(at)), KEY, NOW)).toBe(true);
    for (const at of [-5.1, 5.1])
      expect(isSignedBySendGrid(body, proofAt(minutes(at)), KEY, NOW)).toBe(false);
  });
});

const COMMON = { email: 'Ann@example.org', timestamp: 1_772_366_400 };
const read = (...events: (object | null)[]) =>
  sendGridNotices(Buffer.from(JSON.stringify(events.map((e) => e && { ...COMMON, ...e }))));
const noticesOf = (...events: object[]) => read(...events).notices;

describe('events of SendGrid', () => {
  it.each([
    ['a bounce', { event: 'bounce', type: 'bounce', status: '5.1.1' }, 'hard_bounce'],
    ['a bounce without status', { event: 'bounce', type: 'bounce' }, 'hard_bounce'],
    ['a report as spam', { event: 'spamreport' }, 'complaint'],
    ['a drop after a bounce', { event: 'dropped', reason: 'Bounced Address' }, 'hard_bounce'],
    ['a drop after a report', { event: 'dropped', reason: 'Spam Reporting Address' }, 'complaint'],
  ])('takes %s', (_what, event, reason) => {
    const at = new Date('2026-03-01T12:00:00Z');
    expect(noticesOf(event)).toMatchObject([{ email: 'ann@example.org', reason, at }]);
  });

  it.each([
    ['a block', { event: 'bounce', type: 'blocked', status: '5.7.1' }],
    [
      'a full mailbox in words',
      { event: 'bounce', type: 'bounce', status: '5.0.0', reason: '552 5.2.2 full' },
    ],
    ['a full mailbox', { event: 'bounce', type: 'bounce', status: '5.2.2' }],
    ['a temporary failure', { event: 'bounce', type: 'bounce', status: '4.4.1' }],
    ['a deferral', { event: 'deferred' }],
    ['another drop', { event: 'dropped', reason: 'Unsubscribed Address' }],
    ['a delivery', { event: 'delivered' }],
    ['an event of no address', { event: 'bounce', email: 'nobody' }],
  ])('takes nothing from %s', (_what, event) => {
    expect(noticesOf(event)).toEqual([]);
  });

  it('reads all events and masks what they say', () => {
    const reason = '550 5.1.1 <ann@example.org> unknown';
    const [first, second] = noticesOf(
      { event: 'bounce', reason, status: '5.1.1' },
      { event: 'open' },
      { event: 'spamreport', email: 'bob@example.org' },
    );
    expect(first?.detail).toBe('bounce 5.1.1 550 5.1.1 <address> unknown');
    expect(second?.email).toBe('bob@example.org');
  });

  it.each([
    [{ event: 'delivered', status: 200 }, 1],
    [{ event: 'delivered', type: 7 }, 1],
    [{}, 1],
    [null, 1],
    [{ event: 'open', timestamp: '1772366400' }, 0],
  ])('takes a bounce, whatever stands beside it: %j', (other, odd) => {
    const bounce = { event: 'bounce', status: '5.1.1' };
    expect(read(bounce, other)).toMatchObject({ notices: [{ reason: 'hard_bounce' }], odd });
    expect(read(other, bounce)).toMatchObject({ notices: [{ reason: 'hard_bounce' }], odd });
  });

  it('takes a bounce that does not say when as one that happened now', () => {
    const before = Date.now();
    const [bounce] = noticesOf({ event: 'bounce', status: '5.1.1', timestamp: 'today' });
    expect(bounce?.at.getTime()).toBeGreaterThanOrEqual(before);
  });

  it.each(['', '{}', '1'])('refuses %j', (text) => {
    expect(() => sendGridNotices(Buffer.from(text))).toThrow('not a list of SendGrid events');
  });
});
