import { beforeEach, expect, it } from 'vitest';
import type { FaultySmtp } from '../support/smtp-faults.ts';
import { closeAfterEach, faulty, freely, mail, send, transportTo } from '../support/smtp-lab.ts';
import { until } from '../support/until.ts';

/** A server that takes few connections at a time is not asked for more again and again. */

const MOST = 2;
const MAILS = 60;

closeAfterEach();
let server: FaultySmtp;
let refused = 0;

beforeEach(async () => {
  server = await faulty();
  refused = 0;
});

function takeAtMost(connections: number): void {
  server.script(({ stage }) => {
    if (stage !== 'greeting' || server.open <= connections) return undefined;
    refused += 1;
    return { at: 'greeting', reply: '421 4.7.0 Too many connections' };
  });
}

async function sendAll(over: ReturnType<typeof transportTo>): Promise<void> {
  const sent = Array.from({ length: MAILS }, async () => {
    while ((await send(over)).outcome !== 'sent');
  });
  await Promise.all(sent);
}

it('few are refused, and every mail arrives', async () => {
  takeAtMost(MOST);
  await sendAll(transportTo(server.port, { SMTP_POOL_SIZE: 8 }));
  expect(server.messages).toHaveLength(MAILS);
  expect(refused).toBeGreaterThan(0);
  // Those that were on their way when the first refusal came, then one for each halving and each step.
  expect(refused).toBeLessThanOrEqual(12);
});

it('a server that has room again is given more again', async () => {
  takeAtMost(MOST);
  const over = transportTo(server.port, { SMTP_POOL_SIZE: 4 });
  await sendAll(over);
  server.script(undefined);
  const before = server.connections;
  for (let round = 0; round < 4; round += 1) await sendAll(over);
  expect(server.connections - before).toBeGreaterThan(0);
  expect(server.open).toBeGreaterThan(MOST);
});

it('whose turn does not come in time, or who is called off before, loses nothing and costs the server nothing', async () => {
  server.faults.next = [{ at: 'dot', delayMs: 1500 }];
  const over = transportTo(server.port);
  const first = send(over);
  await until('the first one is on its way', () => server.commands.includes('DATA'));
  const off = new AbortController();
  const late = over.send(mail(), { ...freely, startBy: performance.now() + 100 });
  const calledOff = over.send(mail(), { ...freely, signal: off.signal });
  const patient = over.send(mail(), { ...freely, startBy: performance.now() + 30_000 });
  off.abort();
  const untried = { outcome: 'unavailable', inLine: true };
  expect(await Promise.all([late, calledOff])).toMatchObject([untried, untried]);
  expect(server.messages).toEqual([]);
  expect(await Promise.all([first, patient])).toMatchObject([
    { outcome: 'sent' },
    { outcome: 'sent' },
  ]);
  expect(server.commands.filter((command) => command.startsWith('RCPT'))).toHaveLength(2);
});
