import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { OutgoingMail } from '../../src/mail/message.ts';
import type { Transport } from '../../src/mail/transports/transport.ts';
import type { Fault, FaultySmtp, Stage } from '../support/smtp-faults.ts';
import {
  closeAfterEach,
  faulty,
  freely,
  hugeMail,
  mail,
  send,
  transportTo,
} from '../support/smtp-lab.ts';

closeAfterEach();
let server: FaultySmtp;
beforeEach(async () => {
  server = await faulty();
});

const BEFORE_THE_BODY: Stage[] = ['connect', 'greeting', 'ehlo', 'mail', 'rcpt', 'data'];
/** Where the server is silent; a machine that stalls may be silent for as long at any other place. */
const IMPATIENT = { SMTP_TIMEOUT_SECONDS: 0.3 };

/** The next mail arrives, however often this machine stalls; the lost one has not. */
async function onlyTheNextArrives(over: Transport, lost: OutgoingMail): Promise<void> {
  await vi.waitFor(async () => expect(await send(over)).toMatchObject({ outcome: 'sent' }), {
    timeout: 20_000,
  });
  expect(server.messages.map(({ messageId }) => messageId)).not.toContain(lost.messageId);
}

describe('a connection that ends', () => {
  it.each(BEFORE_THE_BODY)('at %s leaves the mail free to be sent again', async (at) => {
    server.faults.next = [{ at, drop: true }];
    const over = transportTo(server.port);
    const beforeBody = vi.fn(async () => {});
    expect(await over.send(mail(), { beforeBody })).toMatchObject({ outcome: 'transient' });
    expect(beforeBody).not.toHaveBeenCalled();
    expect(await send(over)).toMatchObject({ outcome: 'sent' });
    expect(server.messages).toHaveLength(1);
  });

  it('in the middle of the body too', async () => {
    server.faults.next = [{ at: 'body', drop: true }];
    const over = transportTo(server.port);
    expect(await send(over, hugeMail())).toMatchObject({ outcome: 'transient' });
    expect(await send(over)).toMatchObject({ outcome: 'sent' });
    expect(server.messages).toHaveLength(1);
  });

  it('after the final dot leaves it unknown, for the server has it', async () => {
    server.faults.next = [{ at: 'dot', drop: true }];
    const over = transportTo(server.port);
    expect(await send(over)).toMatchObject({ outcome: 'unknown' });
    expect(server.unanswered).toHaveLength(1);
    expect(server.messages).toEqual([]);
    expect(await send(over)).toMatchObject({ outcome: 'sent' });
  });

  it('between two mails costs the next one nothing worse than a retry', async () => {
    const over = transportTo(server.port);
    await send(over);
    await server.refuse();
    expect(await send(over)).toMatchObject({ outcome: 'transient' });
    await server.listen();
    await vi.waitFor(async () => expect(await send(over)).toMatchObject({ outcome: 'sent' }));
  });
});

describe('a server that falls silent', () => {
  it.each(BEFORE_THE_BODY)('at %s is left after the time-out', async (at) => {
    server.faults.next = [{ at, hang: true }];
    const [over, lost] = [transportTo(server.port, IMPATIENT), mail()];
    expect(await send(over, lost)).toMatchObject({ outcome: 'transient' });
    await onlyTheNextArrives(over, lost);
  });

  it('in the middle of the body has not got the mail', async () => {
    server.faults.next = [{ at: 'body', hang: true }];
    const over = transportTo(server.port, IMPATIENT);
    expect(await send(over, hugeMail())).toMatchObject({ outcome: 'transient' });
  });

  it('after the final dot may have it', async () => {
    server.faults.next = [{ at: 'dot', hang: true }];
    // Long enough to come as far as the dot.
    const over = transportTo(server.port, { SMTP_TIMEOUT_SECONDS: 2 });
    expect(await send(over)).toMatchObject({ outcome: 'unknown' });
    expect(server.unanswered).toHaveLength(1);
  });

  it.each<[Fault, string]>([
    [{ at: 'mail', hang: true }, 'transient'],
    [{ at: 'dot', hang: true }, 'unknown'],
  ])('%o can be left at once', async (fault, outcome) => {
    server.faults.next = [fault];
    const leaving = new AbortController();
    const sending = transportTo(server.port).send(mail(), { ...freely, signal: leaving.signal });
    await vi.waitFor(() => expect(server.faults.next).toEqual([]));
    leaving.abort();
    expect(await sending).toMatchObject({ outcome });
  });

  it('is not even asked by an attempt that was called off before', async () => {
    const signal = AbortSignal.abort();
    expect(await transportTo(server.port).send(mail(), { ...freely, signal })).toMatchObject({
      outcome: 'unavailable',
      inLine: true,
    });
    expect(server.connections).toBe(0);
  });
});

it('a server that is only slow gets its mail delivered', async () => {
  server.script(({ stage }) => ({ at: stage, delayMs: 20 }));
  expect(await send(transportTo(server.port))).toMatchObject({ outcome: 'sent' });
});

describe('a server that answers before the body is complete', () => {
  it('never gets the rest', async () => {
    server.faults.next = [{ at: 'body', reply: '552 5.3.4 Too big' }];
    const [over, lost] = [transportTo(server.port, { SMTP_TIMEOUT_SECONDS: 2 }), hugeMail()];
    expect(await send(over, lost)).toMatchObject({ outcome: 'permanent' });
    // The next mail leaves once the connection with the rest of this one is given up.
    await onlyTheNextArrives(over, lost);
    expect(server.unanswered).toEqual([]);
  });

  it('is not believed when it claims to have the mail', async () => {
    server.faults.next = [{ at: 'body', reply: '250 2.0.0 Ok' }];
    const over = transportTo(server.port);
    expect(await send(over, hugeMail())).toMatchObject({ outcome: 'unknown' });
    expect(server.messages).toEqual([]);
  });
});
