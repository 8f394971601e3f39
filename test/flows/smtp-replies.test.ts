import { beforeEach, describe, expect, it } from 'vitest';
import type { SendOutcome } from '../../src/mail/transports/transport.ts';
import type { FaultySmtp, Stage } from '../support/smtp-faults.ts';
import { closeAfterEach, faulty, send, transportTo } from '../support/smtp-lab.ts';

closeAfterEach();
let server: FaultySmtp;
beforeEach(async () => {
  server = await faulty();
});

/** Reply codes a server may give at each stage (RFC 5321 4.3.2, RFC 4954 6) and what each means. */
const REPLIES: [Stage, string, SendOutcome['outcome']][] = [
  ['greeting', '421 4.3.2 Shutting down', 'transient'],
  ['greeting', '450 4.7.1 Greylisted', 'transient'],
  ['greeting', '554 5.7.1 No SMTP service here', 'transient'],
  ['greeting', 'hello', 'transient'],
  ['ehlo', '421 4.7.0 Too many connections', 'transient'],
  ['ehlo', '451 4.3.0 Not now', 'sent'],
  ['ehlo', '550 5.7.1 Go away', 'sent'],
  ...['421 4.3.2', '450 4.2.1', '451 4.3.0', '452 4.3.1', '455 4.5.1', '503 5.5.1'].flatMap(
    (code): [Stage, string, 'transient'][] => [
      ['mail', `${code} Later`, 'transient'],
      ['rcpt', `${code} Later`, 'transient'],
      ['data', `${code} Later`, 'transient'],
      ['dot', `${code} Later`, 'transient'],
    ],
  ),
  ...['500 5.5.2', '501 5.1.7', '550 5.7.1', '552 5.3.4', '553 5.1.8', '554 5.6.0'].flatMap(
    (code): [Stage, string, 'permanent'][] => [
      ['mail', `${code} Never`, 'permanent'],
      ['rcpt', `${code} Never`, 'permanent'],
      ['data', `${code} Never`, 'permanent'],
      ['dot', `${code} Never`, 'permanent'],
    ],
  ),
  ['mail', '555 5.5.4 Parameters not recognised', 'permanent'],
  ['rcpt', '550-5.1.1 The account\r\n550 5.1.1 does not exist', 'permanent'],
  ['rcpt', '551 5.1.6 User not local', 'permanent'],
  ['rcpt', '450 4.7.1 Address not found, permanent failure 550', 'transient'],
  ['rcpt', '550 5.4.1 Try again later, temporary failure 450', 'permanent'],
  ['rcpt', 'garbage', 'transient'],
  ['mail', '530 5.7.0 Authentication required', 'unavailable'],
  ['mail', '530 5.7.0 Must issue a STARTTLS command first', 'unavailable'],
  ['mail', '535 5.7.8 Credentials invalid', 'unavailable'],
  ['rcpt', '534 5.7.9 Mechanism too weak', 'unavailable'],
  ['dot', '530 5.7.57 Client was not authenticated', 'unavailable'],
  ['dot', '354 what?', 'unknown'],
  ['dot', 'garbage', 'unknown'],
];

describe.each([[[]], [['PIPELINING']]])('replies, with %j announced', (announce) => {
  beforeEach(async () => {
    server = await faulty({ announce });
  });

  it.each(REPLIES)('at %s, "%s" is %s', async (at, reply, expected) => {
    server.faults.next = [{ at, reply }];
    const over = transportTo(server.port);
    const first = await send(over);
    expect(first).toMatchObject({ outcome: expected });
    if (expected !== 'sent') {
      expect(server.messages).toEqual([]);
      expect(await send(over)).toMatchObject({ outcome: 'sent' });
    }
    expect(server.messages).toHaveLength(1);
  });
});

it('EHLO and HELO both refused say nothing about the mail', async () => {
  const reply = '554 5.7.1 Go away';
  server.faults.next = [
    { at: 'ehlo', reply },
    { at: 'ehlo', reply },
  ];
  expect(await send(transportTo(server.port))).toMatchObject({
    outcome: 'transient',
    response: reply,
  });
});

it('keeps the connection after a refusal, and leaves it when the server does', async () => {
  const over = transportTo(server.port);
  server.faults.next = [{ at: 'rcpt', reply: '550 5.1.1 Unknown' }];
  await send(over);
  await send(over);
  expect(server.connections).toBe(1);
  server.faults.next = [{ at: 'mail', reply: '421 4.3.2 Shutting down' }];
  expect(await send(over)).toMatchObject({ outcome: 'transient' });
  expect(await send(over)).toMatchObject({ outcome: 'sent' });
  expect(server.connections).toBe(2);
});

it('stores no address the server echoes, and no more than 500 characters', async () => {
  const echo = '<nadia@example.org> nadia@example.org (via "na dia"@example.org)';
  server.faults.next = [{ at: 'rcpt', reply: `550 5.1.1 ${echo} ${'x '.repeat(2000)}` }];
  const refused = await send(transportTo(server.port));
  expect(JSON.stringify(refused)).not.toMatch(/nadia|na dia|@/);
  expect(refused).toMatchObject({ reason: expect.stringContaining('550 5.1.1 at RCPT TO') });
  expect('response' in refused && refused.response?.length).toBeLessThanOrEqual(500);
});
