import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { dkimKey } from '../../src/mail/transports/dkim.ts';
import { smtpTransport } from '../../src/mail/transports/smtp.ts';
import type { FaultySmtp } from '../support/smtp-faults.ts';
import { closeAfterEach, faulty, hugeMail, mail, send } from '../support/smtp-lab.ts';

closeAfterEach();
const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const settings = {
  DKIM_DOMAIN: 'example.com',
  DKIM_SELECTOR: 'tidings',
  DKIM_PRIVATE_KEY: keys.privateKey,
};

/** The zone of example.com, as far as a verifier asks for it. */
async function resolver(name: string, type: string): Promise<string[][]> {
  if (name === 'tidings._domainkey.example.com' && type === 'TXT')
    return [[`v=DKIM1; k=rsa; p=${keys.publicKey.toString('base64')}`]];
  throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
}

async function verdicts(raw: string): Promise<(string | undefined)[]> {
  const { results } = await dkimVerify(Buffer.from(raw, 'latin1'), { resolver });
  return results.map(({ status }) => status?.result);
}

describe('mail signed with DKIM', () => {
  let server: FaultySmtp;
  beforeEach(async () => {
    server = await faulty();
  });
  const signing = (seconds = 5) =>
    smtpTransport(
      {
        SMTP_SERVER: '127.0.0.1',
        SMTP_PORT: server.port,
        SMTP_USER: undefined,
        SMTP_PASSWORD: undefined,
        SMTP_SECURE: 'none',
        SMTP_TIMEOUT_SECONDS: seconds,
        SMTP_POOL_SIZE: 1,
      },
      { dkim: dkimKey(settings) },
    );

  it('passes an independent verifier, and does not when a byte is changed', async () => {
    const over = signing();
    const subject = 'Größe ✓ '.repeat(20);
    expect(await send(over, mail({ subject }))).toMatchObject({ outcome: 'sent' });
    const raw = server.messages[0]?.raw ?? '';
    expect(await verdicts(raw)).toEqual(['pass']);
    expect(await verdicts(raw.replace('Three files', 'Four files'))).toEqual(['neutral']);
    expect(await verdicts(raw.replace(/^To: .*$/m, 'To: eve@example.net'))).toEqual(['fail']);
    await over.close();
  });

  it('still waits for the hand-over before its first byte', async () => {
    const over = signing();
    let release = () => {};
    const beforeBody = vi.fn(() => new Promise<void>((resolve) => (release = resolve)));
    const sending = over.send(mail(), { beforeBody });
    await vi.waitFor(() => expect(beforeBody).toHaveBeenCalled());
    expect(server.bodyBytes).toBe(0);
    release();
    expect(await sending).toMatchObject({ outcome: 'sent' });
    await over.close();
  });

  it('still knows whether the body was written to its end', async () => {
    const over = signing();
    server.faults.next = [{ at: 'body', drop: true }];
    expect(await send(over, hugeMail())).toMatchObject({ outcome: 'transient' });
    server.faults.next = [{ at: 'dot', drop: true }];
    expect(await send(over)).toMatchObject({ outcome: 'unknown' });
    expect(server.messages).toEqual([]);
    await over.close();
  });
});

describe('the key', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidings-dkim-'));
    return () => rm(folder, { recursive: true });
  });

  it('may be PEM, PEM on one line, or a file', async () => {
    const path = join(folder, 'key.pem');
    await writeFile(path, keys.privateKey);
    for (const DKIM_PRIVATE_KEY of [keys.privateKey, keys.privateKey.replaceAll('\n', '\\n'), path])
      expect(dkimKey({ ...settings, DKIM_PRIVATE_KEY })?.privateKey).toBe(keys.privateKey);
    expect(dkimKey({ ...settings, DKIM_DOMAIN: undefined })).toBeUndefined();
  });

  it.each([
    ['/nowhere/key.pem', /neither PEM nor the path/],
    ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', /no RSA private key/],
    [
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      /no RSA private key/,
    ],
  ])('that cannot sign is found at the start', (DKIM_PRIVATE_KEY, message) => {
    const attempt = () => dkimKey({ ...settings, DKIM_PRIVATE_KEY });
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow(/AAAA|nowhere/);
  });
});
