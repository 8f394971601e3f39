import { describe, expect, it, vi } from 'vitest';
import { PLAIN_MAIL } from '../../../test/support/plain-mail.ts';
import type { OutgoingMail } from '../message.ts';
import { failoverTransport, PATIENCE_MS, UNAVAILABLE_FOR_MS } from './failover.ts';
import type { SendOptions, SendOutcome, Transport } from './transport.ts';

const SENT: SendOutcome = { outcome: 'sent', response: '250 Ok' };
const LATER: SendOutcome = { outcome: 'transient', reason: 'closed', response: '421 Bye' };
const NO_LOGIN: SendOutcome = { outcome: 'unavailable', reason: 'login refused' };

/** A transport that ends every mail the same way, with or without having asked for the body. */
function ending(name: string, result: SendOutcome, asksForBody = result.outcome === 'sent') {
  const send = vi.fn(async (_mail: OutgoingMail, { beforeBody }: SendOptions) => {
    if (asksForBody) await beforeBody();
    return result;
  });
  return { name, send, verify: vi.fn(async () => {}), close: vi.fn(async () => {}) };
}

function run(transports: Transport[], now?: () => number, options: Partial<SendOptions> = {}) {
  const beforeBody = vi.fn(async () => {});
  const over = failoverTransport(transports, now);
  return { over, beforeBody, send: () => over.send(PLAIN_MAIL, { beforeBody, ...options }) };
}

describe('failover', () => {
  it.each([LATER, NO_LOGIN])('goes on after $outcome before the body', async (first) => {
    const [a, b] = [ending('a', first), ending('b', SENT)];
    const { send, beforeBody } = run([a, b]);
    expect(await send()).toEqual({ ...SENT, via: 'b' });
    expect(beforeBody).toHaveBeenCalledTimes(1);
  });

  it.each<[SendOutcome, boolean]>([
    [SENT, true],
    [{ outcome: 'permanent', reason: 'no such user' }, false],
    [{ outcome: 'unknown', reason: 'no answer' }, true],
    [LATER, true],
    [NO_LOGIN, true],
  ])('stops after %o (body handed over: %s)', async (first, asksForBody) => {
    const b = ending('b', SENT);
    const { send } = run([ending('a', first, asksForBody), b]);
    expect(await send()).toEqual({ ...first, via: 'a' });
    expect(b.send).not.toHaveBeenCalled();
  });

  it('does not go on for a caller who has left', async () => {
    const b = ending('b', SENT);
    const { send } = run([ending('a', LATER), b], undefined, { signal: AbortSignal.abort() });
    expect(await send()).toMatchObject({ outcome: 'transient' });
    expect(b.send).not.toHaveBeenCalled();
  });

  it('passes on what the caller refused with', async () => {
    const lost = new Error('the lease is lost');
    const b = ending('b', SENT);
    const { send } = run([ending('a', SENT), b], undefined, {
      beforeBody: () => Promise.reject(lost),
    });
    await expect(send()).rejects.toBe(lost);
    expect(b.send).not.toHaveBeenCalled();
  });

  it('goes on after one whose line is too long, and does not leave it alone', async () => {
    const a = ending('a', { outcome: 'unavailable', reason: 'in line', inLine: true });
    const { send } = run([a, ending('b', SENT)], () => 1000, { startBy: 7 });
    expect([await send(), await send()]).toMatchObject([{ via: 'b' }, { via: 'b' }]);
    expect(a.send).toHaveBeenCalledTimes(2);
    expect(a.send).toHaveBeenLastCalledWith(PLAIN_MAIL, expect.objectContaining({ startBy: 7 }));
  });

  it('leaves an unavailable transport alone for 30 seconds, and then tries it again', async () => {
    let time = 1000;
    const [a, b] = [ending('a', NO_LOGIN), ending('b', SENT)];
    const { send } = run([a, b], () => time);
    await send();
    time += UNAVAILABLE_FOR_MS - 1;
    await send();
    expect(a.send).toHaveBeenCalledTimes(1);
    time += 1;
    await send();
    expect(a.send).toHaveBeenCalledTimes(2);
    expect(b.send).toHaveBeenCalledTimes(3);
  });

  it('answers unavailable without asking while the only transport rests', async () => {
    const a = ending('a', NO_LOGIN);
    const { send } = run([a], () => 0);
    expect(await send()).toEqual({ outcome: 'unavailable', reason: 'a: login refused' });
    expect(await send()).toMatchObject({
      outcome: 'unavailable',
      reason: expect.stringMatching(/30 s/),
    });
    expect(a.send).toHaveBeenCalledTimes(1);
  });

  it('leaves a transport alone for as long as it says', async () => {
    let time = 0;
    const a = ending('a', { outcome: 'unavailable', reason: 'limit', retryAfterMs: 60_000 });
    const b = ending('b', { outcome: 'unavailable', reason: 'limit', retryAfterMs: 90_000 });
    const { send } = run([a, b], () => time);
    expect(await send()).toMatchObject({ outcome: 'unavailable', retryAfterMs: 60_000 });
    time = 50_000;
    expect(await send()).toMatchObject({ outcome: 'unavailable', retryAfterMs: 10_000 });
    expect(a.send).toHaveBeenCalledTimes(1);
    time = 60_000;
    await send();
    expect([a, b].map((one) => one.send.mock.calls.length)).toEqual([2, 1]);
  });

  it('waits for a transport that is free again soon, unless the caller leaves', async () => {
    const soon: SendOutcome = { outcome: 'unavailable', reason: 'limit', retryAfterMs: 30 };
    const a = ending('a', SENT);
    a.send.mockResolvedValueOnce(soon);
    expect(await run([a]).send()).toMatchObject({ outcome: 'sent', via: 'a' });
    const leaving = new AbortController();
    const c = ending('c', { ...soon, retryAfterMs: PATIENCE_MS - 1 });
    const sending = run([c], undefined, { signal: leaving.signal }).send();
    await vi.waitFor(() => expect(c.send).toHaveBeenCalled());
    leaving.abort();
    expect(await sending).toMatchObject({ outcome: 'unavailable' });
    expect(c.send).toHaveBeenCalledTimes(1);
  });

  it.each([
    [LATER, NO_LOGIN],
    [NO_LOGIN, LATER],
  ])('is transient when one of them may take the mail later', async (first, second) => {
    const { send } = run([ending('a', first), ending('b', second)]);
    expect(await send()).toMatchObject({
      outcome: 'transient',
      reason: expect.stringMatching(/a: .*; b: /),
    });
  });

  it('is usable while one of its transports is, and names all when none is', async () => {
    const [a, b] = [ending('a', SENT), ending('b', SENT)];
    a.verify.mockRejectedValue(new Error('a: refused'));
    const { over } = run([a, b]);
    await expect(over.verify()).resolves.toBeUndefined();
    b.verify.mockRejectedValue(new Error('b: refused'));
    await expect(over.verify()).rejects.toThrow(/a: refused; b: refused/);
    await over.close();
    expect([a.close, b.close].map((close) => close.mock.calls.length)).toEqual([1, 1]);
  });

  it('needs a transport', () => {
    expect(() => failoverTransport([])).toThrow(/at least one/);
  });
});
