import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withDeadline } from './deadline.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const mute = createServer(() => {});
let url: string;

beforeAll(async () => {
  await once(mute.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(mute.address() as AddressInfo).port}/`;
});
afterAll(() => {
  mute.closeAllConnections();
  mute.close();
});

describe('work with a deadline', () => {
  test('ends in time, whatever the garbage collector does', async () => {
    const collecting = setInterval(collectGarbage, 10);
    const stop = new AbortController();
    const questions = Array.from({ length: 20 }, () =>
      withDeadline(200, stop.signal, (signal) => fetch(url, { signal })),
    );
    const ends = await Promise.allSettled(questions).finally(() => clearInterval(collecting));
    for (const end of ends)
      expect(end).toMatchObject({ status: 'rejected', reason: { name: 'TimeoutError' } });
  });

  test('ends early when it is stopped, with the reason it was stopped for', async () => {
    const stop = new AbortController();
    const question = withDeadline(60_000, stop.signal, (signal) => fetch(url, { signal }));
    stop.abort(new Error('draining'));
    await expect(question).rejects.toThrow('draining');
    const late = withDeadline(60_000, stop.signal, (signal) => fetch(url, { signal }));
    await expect(late).rejects.toThrow('draining');
  });

  test('leaves nothing behind: what comes afterwards aborts no signal', async () => {
    const stop = new AbortController();
    const signal = await withDeadline(60_000, stop.signal, async (given) => given);
    stop.abort();
    expect(signal.aborted).toBe(false);
  });
});
