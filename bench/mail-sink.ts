import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';
import { answerOrders } from './helper.ts';

/** Entry of the mail sink: an SMTP server that accepts every mail, after a while if told to. */

export type SinkOrder =
  | 'listen'
  /** Takes so long for its answers from now on. */
  | { answerAfterMs: number }
  /** Waits until so many mails were accepted in all. */
  | { accepted: number }
  /** Waits until the address has a mail. */
  | { to: string };

/** `at`: when the mail that was waited for was accepted, in milliseconds since the epoch. */
export interface SinkAnswer {
  port: number;
  count: number;
  at: number;
}

const now = () => performance.timeOrigin + performance.now();
const acceptedAt = new Map<string, number>();
let count = 0;
let last = 0;
let port = 0;
let delayMs = 0;
let wake = () => {};

async function listen(): Promise<void> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    onData: (stream, session, callback) => {
      stream.on('end', async () => {
        if (delayMs > 0) await pause(delayMs);
        last = now();
        count += 1;
        for (const { address } of session.envelope.rcptTo) acceptedAt.set(address, last);
        callback(null);
        wake();
      });
      stream.resume();
    },
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  port = (server.server.address() as AddressInfo).port;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition())
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
}

answerOrders(async (order: SinkOrder): Promise<SinkAnswer> => {
  if (order === 'listen') await listen();
  else if ('answerAfterMs' in order) delayMs = order.answerAfterMs;
  else if ('accepted' in order) await until(() => count >= order.accepted);
  else await until(() => acceptedAt.has(order.to));
  return {
    port,
    count,
    at: order !== 'listen' && 'to' in order ? acceptedAt.get(order.to)! : last,
  };
});
