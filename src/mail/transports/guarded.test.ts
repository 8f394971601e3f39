import { describe, expect, it, vi } from 'vitest';
import { PLAIN_MAIL } from '../../../test/support/plain-mail.ts';
import { guarded } from './guarded.ts';
import type { SendOutcome } from './transport.ts';

const DOWN: SendOutcome = { outcome: 'transient', reason: 'refused', trouble: 'failed' };
const SENT: SendOutcome = { outcome: 'sent', response: '250 Ok' };
const circuit = { failuresToOpen: 3, openMs: 1000 };

function guard(result: SendOutcome, wait = 0) {
  const clock = { now: 0 };
  const send = vi.fn(async (): Promise<SendOutcome> => result);
  const takePlaces = vi.fn(async () => ({ taken: wait > 0 ? 0 : 1, waitMs: wait }));
  const inner = { name: 'a', send, verify: async () => {}, close: async () => {} };
  const over = guarded(inner, { circuit, takePlaces, now: () => clock.now });
  const options = { beforeBody: async () => {} };
  return {
    clock,
    send,
    takePlaces,
    try: (signal?: AbortSignal) => over.send(PLAIN_MAIL, { ...options, signal }),
  };
}

async function times(count: number, work: () => Promise<SendOutcome>): Promise<SendOutcome[]> {
  const results: SendOutcome[] = [];
  for (let i = 0; i < count; i += 1) results.push(await work());
  return results;
}

describe('a transport in trouble', () => {
  it('is left alone after failures in a row, costs no place then, and is probed once', async () => {
    const a = guard(DOWN);
    await times(3, a.try);
    expect(await a.try()).toMatchObject({ outcome: 'unavailable', retryAfterMs: 1000 });
    expect([a.send.mock.calls.length, a.takePlaces.mock.calls.length]).toEqual([3, 3]);
    a.clock.now = 1000;
    a.send.mockResolvedValue(SENT);
    const [probe, other] = await Promise.all([a.try(), a.try()]);
    expect([probe.outcome, other.outcome].sort()).toEqual(['sent', 'unavailable']);
    expect(await a.try()).toEqual(SENT);
  });

  it('has not answered whom it was not asked for', async () => {
    const a = guard(DOWN);
    await times(2, a.try);
    a.send.mockResolvedValueOnce({ outcome: 'unavailable', reason: 'in line', inLine: true });
    await a.try();
    await a.try();
    expect(await a.try()).toMatchObject({ outcome: 'unavailable', retryAfterMs: 1000 });
  });

  it('is left alone at once after a time-out, also one after the whole message', async () => {
    const a = guard({ outcome: 'unknown', reason: 'silent', trouble: 'timed-out' });
    expect(await a.try()).toMatchObject({ outcome: 'unknown' });
    expect(await a.try()).toMatchObject({ outcome: 'unavailable' });
  });

  it.each<SendOutcome>([
    { outcome: 'permanent', reason: 'no such user' },
    { outcome: 'transient', reason: 'mailbox full', response: '452 4.2.2' },
    { outcome: 'unavailable', reason: 'login refused' },
    { outcome: 'unknown', reason: 'called off' },
  ])('is not what %o says', async (result) => {
    const a = guard(result);
    expect(await times(10, a.try)).toEqual(Array(10).fill(result));
  });

  it('is not forgotten for an attempt that was called off', async () => {
    const a = guard(DOWN);
    await times(2, a.try);
    a.send.mockResolvedValueOnce({ outcome: 'transient', reason: 'called off' });
    await a.try(AbortSignal.abort());
    await a.try();
    expect(await a.try()).toMatchObject({ outcome: 'unavailable' });
  });
});

it('a transport at its limit is not asked, and says when', async () => {
  const a = guard(SENT, 250);
  expect(await a.try()).toMatchObject({ outcome: 'unavailable', retryAfterMs: 250 });
  expect(a.send).not.toHaveBeenCalled();
});
