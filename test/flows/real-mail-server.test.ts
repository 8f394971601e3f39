import { generateKeyPairSync } from 'node:crypto';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import PostalMime from 'postal-mime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Exim, findExim, startExim } from '../support/exim.ts';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/**
 * Two real mail servers: ours hands every mail on to theirs, which knows nobody whose name begins with
 * "nobody". What cannot be delivered there comes back to our own mailbox as a bounce.
 */

const EXIM = await findExim((line) => process.stderr.write(`${line}\n`));
if (!EXIM)
  process.stderr.write('SKIPPED: no run through a real mail server, Exim cannot be had here.\n');

const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** The zone of example.com, as far as a verifier asks for it. */
async function resolver(name: string): Promise<string[][]> {
  if (name === 'tidings._domainkey.example.com')
    return [[`v=DKIM1; k=rsa; p=${keys.publicKey.toString('base64')}`]];
  throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
}

describe.skipIf(!EXIM)('through a real mail server', () => {
  let [ours, theirs]: Exim[] = [];
  let system: System;
  beforeAll(async () => {
    theirs = await startExim(EXIM!, {
      recipients: `  deny local_parts = ^nobody-
    message = 550 5.1.1 There is no such mailbox`,
    });
    ours = await startExim(EXIM!, {
      routers: `theirs:
  driver = manualroute
  local_parts = ! tidings
  route_list = * 127.0.0.1::${theirs.port}
  self = send
  transport = relay
  no_more`,
    });
    system = await startSystem({
      env: {
        SMTP_SERVER: '127.0.0.1',
        SMTP_PORT: String(ours.port),
        FROM_EMAIL: 'Tidings <tidings@example.com>',
        PUBLIC_URL: 'https://tidings.example.com',
        LINK_SECRET: 'the secret of this test',
        DKIM_DOMAIN: 'example.com',
        DKIM_SELECTOR: 'tidings',
        DKIM_PRIVATE_KEY: keys.privateKey,
      },
    });
  });
  afterAll(async () => {
    await system?.stop();
    await ours?.stop();
    await theirs?.stop();
  });

  async function report(email: string, file_name: string): Promise<void> {
    await system.push(event(email, documentId(), { file_name }));
    await system.applied();
    await system.makeDue(email);
  }
  const arrived = (server: Exim | undefined, text: string) =>
    until(`a mail with ${text} arrives`, async () =>
      (await server?.mailbox())?.find((mail) => mail.includes(text)),
    );
  const lastMail = async (email: string) =>
    (await system.call('GET', `/api/emails?user_email=${email}`)).body.data[0];

  it('a mail arrives as it was meant, and its signature is good', async () => {
    const ada = person();
    await report(ada, 'Größe ✓ 四半期 👩‍👩‍👧‍👦.pdf');
    const raw = await arrived(theirs, `To: ${ada}`);
    const mail = await PostalMime.parse(raw);
    expect(mail.subject).toBe('Ready: Größe ✓ 四半期 👩‍👩‍👧‍👦.pdf');
    expect(mail.headers.filter(({ key }) => key === 'received')).toHaveLength(2);
    expect(mail.text).toContain('Größe ✓ 四半期 👩‍👩‍👧‍👦.pdf');
    expect(mail.html).toContain('https://tidings.example.com/unsubscribe/');
    const { results } = await dkimVerify(withCrLf(raw), { resolver });
    expect(results.map(({ status }) => status?.result)).toEqual(['pass']);
    const row = await until('it is recorded as sent', async () => {
      const last = await lastMail(ada);
      return last.send_status === 'sent' && last;
    });
    expect(row.smtp_response).toMatch(/^250 OK id=/);
  });

  it('the bounce of an unknown mailbox suppresses its address', async () => {
    const nobody = person('nobody');
    await report(nobody, 'First.pdf');
    const bounce = await arrived(ours, `Final-Recipient: rfc822;${nobody}`);
    const answer = await fetch(`${system.url}/webhooks/bounces`, {
      method: 'POST',
      body: new Uint8Array(bounce),
      headers: {
        'content-type': 'message/rfc822',
        authorization: `Bearer ${system.deps.config.INGESTION_SERVICE_API_KEY[0]}`,
      },
    });
    expect(await answer.json()).toEqual({ data: { notices: 1, suppressed: 1 } });
    const { body } = await system.call('GET', `/api/suppressions?email=${nobody}`);
    expect(body.data).toMatchObject([{ reason: 'hard_bounce', source: 'dsn' }]);
    expect(body.data[0].detail).toContain('5.1.1');

    await report(nobody, 'Second.pdf');
    const row = await until('the next mail is suppressed', async () => {
      const last = await lastMail(nobody);
      return last.send_status === 'suppressed' && last;
    });
    expect(row.suppressed_reason).toBe('address_suppressed');
  });
});

/** As the lines were on the wire, where they were signed. */
const withCrLf = (mail: Buffer) =>
  Buffer.from(mail.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
